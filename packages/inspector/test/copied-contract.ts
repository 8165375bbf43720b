import { channel, command, defineContract, stream } from '@tidings/core'
import * as z from 'zod'

/** A contract of which calls are copied. It imports little, for the compiler reads all of it. */
export const contract = defineContract({
  room: channel({
    params: { roomId: z.string(), limit: z.number().optional() },
    snapshot: z.object({ messages: z.array(z.string()) }),
    events: { message: z.object({ text: z.string() }), cleared: undefined },
  }),
  prices: channel({ events: { tick: z.number() } }),
  chat: {
    send: command({
      input: z.object({
        text: z.string(),
        labels: z.record(z.string(), z.number()).optional(),
        extra: z.json(),
      }),
      output: z.object({ id: z.string() }),
    }),
    clear: command({}),
  },
  complete: stream({
    input: z.object({ prompt: z.string() }),
    events: { token: z.string() },
    output: z.object({ tokens: z.number() }),
  }),
})
