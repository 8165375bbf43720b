// contract.ts, imported by both ends
import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

export const Message = z.object({
  id: z.string(),
  author: z.string().min(1).max(40),
  text: z.string().min(1).max(2_000),
  sentAt: isoDate, // a Date on both sides, an ISO string on the wire
})

export const contract = defineContract({
  room: channel({
    params: { roomId: z.string().min(1).max(64) },
    snapshot: z.object({ messages: z.array(Message) }),
    events: { message: Message, typing: z.object({ author: z.string() }) },
  }),
  send: command({
    input: Message.pick({ author: true, text: true }).extend({ roomId: z.string().min(1).max(64) }),
    output: Message,
    errors: { muted: z.object({ until: isoDate }) },
  }),
  complete: stream({
    input: z.object({ prompt: z.string() }),
    events: { token: z.string() },
    output: z.object({ tokens: z.number().int() }),
  }),
})
