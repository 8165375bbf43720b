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

/** A contract of which calls are copied. It imports little, for the compiler reads all of it. */
export const contract = defineContract({
  room: channel({
    params: { roomId: z.string(), limit: z.number().optional(), since: isoDate.optional() },
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
    book: command({
      input: z.object({
        at: isoDate,
        others: z.array(isoDate).optional(),
        either: z.union([z.number(), isoDate]).optional(),
        place: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('link'), link: url }),
          z.object({ kind: z.literal('picture'), picture: bytes }),
        ]),
        price: bigint,
        guests: map(z.string(), isoDate),
        tags: set(z.string()),
      }),
    }),
  },
  complete: stream({
    input: z.object({ prompt: z.string() }),
    events: { token: z.string() },
    output: z.object({ tokens: z.number() }),
  }),
})
