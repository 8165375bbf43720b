import {
  bigint,
  bytes,
  channel,
  command,
  defineContract,
  isoDate,
  map,
  set,
  stream,
  url,
} from '@tidings/core'
import * as z from 'zod'

export const Message = z.object({
  id: z.string(),
  text: z.string().min(1),
  sentAt: isoDate,
  likes: bigint,
  picture: bytes.optional(),
  link: url.nullable(),
  reactions: map(z.string(), z.number()),
  readers: set(z.string()),
})

export const contract = defineContract({
  chat: {
    room: channel({
      params: { roomId: z.string(), page: z.coerce.number<string>().optional() },
      snapshot: z.object({ messages: z.array(Message) }),
      events: { message: Message, typing: z.object({ author: z.string() }) },
    }),
    send: command({
      input: z.object({ roomId: z.string(), text: z.string().trim() }),
      output: Message,
      errors: { muted: z.object({ until: isoDate }) },
    }),
  },
  prices: channel({ events: { tick: z.number() } }),
  ping: command({ output: z.literal('pong') }),
  complete: stream({
    input: z.object({ prompt: z.string(), temperature: z.number().default(1) }),
    events: {
      token: z.string(),
      usage: z.discriminatedUnion('of', [
        z.object({ of: z.literal('input'), tokens: z.int() }),
        z.object({ of: z.literal('cache'), hit: z.boolean() }),
      ]),
    },
    output: z.object({ tokens: z.number().int() }),
  }),
})
