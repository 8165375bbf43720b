// handlers.ts, for createServer and for tests
import type { Handlers } from '@tidings/server'
import type * as z from 'zod'
import type { contract, Message } from './contract.js'

export interface Context {
  user: string | null
}

export function createHandlers(): Handlers<typeof contract, Context> {
  const messages = new Map<string, z.infer<typeof Message>[]>()
  const mutedUntil = new Map<string, Date>()
  return {
    room: {
      authorize: ({ params, context }) => params.roomId !== 'staff' || context.user !== null,
      snapshot: ({ params }) => ({ messages: messages.get(params.roomId) ?? [] }),
    },
    send: async ({ input, emit, fail }) => {
      const { roomId, author, text } = input
      if (text === 'spam') mutedUntil.set(author, new Date(Date.now() + 60_000))
      const until = mutedUntil.get(author)
      if (until && until.getTime() > Date.now()) throw fail('muted', { until })
      const message = { id: crypto.randomUUID(), author, text, sentAt: new Date() }
      messages.set(roomId, [...(messages.get(roomId) ?? []), message])
      await emit.room({ roomId }).message(message)
      return message
    },
    complete: async function* ({ input }) {
      const words = input.prompt.split(' ')
      for (const word of words) yield { type: 'token', data: word }
      return { tokens: words.length }
    },
  }
}
