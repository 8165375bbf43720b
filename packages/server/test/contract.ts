import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

/** A contract with one of everything. */
export const contract = defineContract({
  room: channel({
    params: { roomId: z.string().min(1).max(64) },
    snapshot: z.object({ messages: z.array(z.string()) }),
    events: { message: z.object({ text: z.string(), sentAt: isoDate }), typing: z.string() },
  }),
  ticks: channel({ events: { tick: z.number().int() } }),
  send: command({
    input: z.object({ text: z.string().max(20) }),
    output: z.object({ text: z.string(), sentAt: isoDate }),
    errors: { muted: z.object({ until: isoDate }) },
  }),
  admin: {
    ping: command({}),
    count: stream({
      input: z.object({ to: z.number().int().nonnegative() }),
      events: { number: z.number(), late: isoDate, text: z.string() },
      output: z.object({ total: z.number() }),
      errors: { tooMany: z.object({ max: z.number() }) },
    }),
  },
})
