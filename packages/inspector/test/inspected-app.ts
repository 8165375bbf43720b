import { channel, command, defineContract, isoDate, stream, TidingsError } from '@tidings/core'
import { inspector } from '@tidings/inspector'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import * as z from 'zod'

const Address = z.object({ street: z.string().max(80), city: z.string().max(40) })
type Item = { name: string; parts?: Item[] | undefined }
const Item: z.ZodType<Item> = z.lazy(() => z.object({ name: z.string(), parts: z.array(Item).optional() }))

/** A contract with a procedure of each kind, and every shape that a form is made of. */
export const contract = defineContract({
  room: channel({
    params: { roomId: z.string().min(1).max(64).describe('The name of the room, as in its address.') },
    snapshot: z.object({ messages: z.array(z.string()) }),
    events: {
      message: z.object({
        text: z.string().max(2_000).describe('What was said, without markup.'),
        author: z.string().min(1).max(40),
        sentAt: isoDate,
      }),
      typing: z.object({ author: z.string() }),
      cleared: undefined,
    },
  }),
  prices: channel({ events: { tick: z.object({ symbol: z.string(), price: z.number() }) } }),
  chat: {
    send: command({
      meta: {
        title: 'Send a message',
        description:
          'Everybody in the room receives it as `message`. Whoever sends spam is `muted` for a minute.',
      },
      input: z.object({
        roomId: z.string().min(1).max(64),
        author: z
          .string()
          .min(1)
          .max(40)
          .meta({ examples: ['Ada'] }),
        text: z.string().min(1, 'Write something').max(2_000).describe('What to say, without markup.'),
        urgent: z.boolean().default(false),
      }),
      output: z.object({ id: z.string(), sentAt: isoDate }),
      errors: { muted: z.object({ until: isoDate }) },
    }),
    clear: command({
      meta: { deprecated: 'Use `moderate` instead.' },
      input: z.object({ roomId: z.string() }),
    }),
  },
  orders: {
    place: command({
      input: z.object({
        customer: z.email().describe('Where the receipt goes.'),
        quantity: z.number().int().min(1).max(99),
        size: z.enum(['small', 'medium', 'large']),
        deliverOn: z.iso.date().optional(),
        address: Address,
        notes: z.array(z.string().max(20)).max(3).optional(),
        labels: z.record(z.string(), z.number()).optional(),
        payment: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('card'), number: z.string().regex(/^\d{16}$/) }),
          z.object({ kind: z.literal('invoice'), reference: z.string() }),
        ]),
        discount: z.number().min(0).max(1).nullable(),
        contents: Item.optional(),
        extra: z.json().optional(),
      }),
      output: z.object({ orderId: z.string(), for: z.string().nullable(), order: z.string() }),
    }),
  },
  complete: stream({
    input: z.object({ prompt: z.string().min(1), slowly: z.boolean().optional() }),
    events: { token: z.string() },
    output: z.object({ tokens: z.number().int() }),
  }),
})

/** Makes an app with an inspector in Express. */
export function inspectedApp() {
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => ({ user: headers.get('authorization') }),
      inspector: inspector(),
    },
    {
      room: { snapshot: () => ({ messages: ['Welcome'] }) },
      chat: {
        send: async ({ input, emit, fail }) => {
          if (input.text === 'spam') throw fail('muted', { until: new Date('2027-01-01T00:00:00Z') })
          const message = { text: input.text, author: input.author, sentAt: new Date() }
          await emit.room({ roomId: input.roomId }).message(message)
          return { id: crypto.randomUUID(), sentAt: message.sentAt }
        },
        clear: async ({ input, emit }) => {
          await emit.room({ roomId: input.roomId }).cleared()
        },
      },
      orders: {
        place: async ({ input, context }) => {
          if (input.quantity > 50) {
            const issues = [{ path: ['quantity'], message: 'Only 50 are left' }]
            throw new TidingsError({ code: 'invalid_input', message: 'The order is too large', issues })
          }
          return { orderId: `A-${input.quantity}`, for: context.user, order: JSON.stringify(input) }
        },
      },
      complete: async function* ({ input, signal }) {
        const words = input.prompt.split(' ')
        for (const word of words) yield { type: 'token' as const, data: word }
        if (input.slowly) {
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve)
          })
        }
        return { tokens: words.length }
      },
    },
  )
  const app = express()
  app.use('/events', expressHandler(tidings))
  return { app, tidings }
}
