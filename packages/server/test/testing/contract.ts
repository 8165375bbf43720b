import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

export const contract = defineContract({
  room: channel({
    params: { roomId: z.string() },
    snapshot: z.object({ messages: z.array(z.string()) }),
    events: { message: z.object({ text: z.string(), sentAt: isoDate }), typing: z.string() },
  }),
  ticks: channel({ events: { tick: z.number().int() } }),
  send: command({
    input: z.object({ roomId: z.string(), text: z.string().max(20) }),
    output: z.object({ sentAt: isoDate }),
    errors: { muted: z.object({ until: isoDate }) },
  }),
  count: stream({
    input: z.object({ to: z.number().int() }),
    events: { number: z.number() },
    output: z.object({ total: z.number() }),
  }),
})
