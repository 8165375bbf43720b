import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

/** A contract whose groups are implemented in a file each. */
export const contract = defineContract({
  rooms: {
    room: channel({
      params: { roomId: z.string() },
      snapshot: z.object({ messages: z.array(z.string()) }),
      events: { message: z.string() },
    }),
    send: command({
      input: z.object({ roomId: z.string(), text: z.string() }),
      output: z.object({ by: z.string(), sentAt: isoDate }),
      errors: { muted: z.object({ until: isoDate }) },
    }),
    admin: { clear: command({ output: z.string() }) },
  },
  billing: {
    export: stream({
      input: z.object({ rows: z.number().int() }),
      events: { row: z.number() },
      output: z.object({ by: z.string() }),
    }),
    summarise: stream({ events: { row: z.number() }, output: z.number() }),
  },
  status: channel({ events: { changed: z.string() } }),
  ping: command({ output: z.string() }),
})
