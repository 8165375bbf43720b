import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

export const Message = z.object({ id: z.string(), author: z.string(), text: z.string(), sentAt: isoDate })

export const contract = defineContract({
  room: channel({
    params: { roomId: z.string() },
    snapshot: z.object({ messages: z.array(Message) }),
    events: { message: Message },
  }),
  send: command({
    input: z.object({ roomId: z.string(), author: z.string(), text: z.string() }),
    output: Message,
    errors: { muted: z.object({ until: isoDate }) },
  }),
  complete: stream({
    input: z.object({ prompt: z.string() }),
    events: { token: z.string() },
    output: z.object({ tokens: z.number().int() }),
  }),
})
