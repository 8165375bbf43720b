import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

const Message = z.object({
  author: z.string().min(1).max(40).describe('The name that readers see'),
  text: z.string().max(2_000),
  sentAt: isoDate,
})

/** A contract as a program has it. */
export const contract = defineContract({
  chat: {
    room: channel({
      meta: { title: 'The messages of a room' },
      params: { roomId: z.string().min(1) },
      snapshot: z.object({ messages: z.array(Message) }),
      events: { message: Message, typing: z.object({ author: z.string() }), cleared: undefined },
    }),
    send: command({
      meta: { title: 'Send a message', deprecated: 'Use chat/post' },
      input: z.object({ roomId: z.string(), text: z.string() }),
      output: Message,
      errors: { muted: z.object({ until: isoDate }) },
    }),
  },
  complete: stream({
    input: z.object({ prompt: z.string() }),
    events: { token: z.string() },
    output: z.object({ tokens: z.number().int() }),
  }),
})
