// server.ts
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import type * as z from 'zod'
import { contract, type Message } from './contract.js'

const messages = new Map<string, z.infer<typeof Message>[]>()

export const tidings = createServer(contract, { context: ({ headers }) => ({ user: headers.get('authorization') }) }, {
  room: {
    authorize: ({ params, context }) => params.roomId !== 'staff' || context.user !== null,
    snapshot: ({ params }) => ({ messages: messages.get(params.roomId) ?? [] }),
  },
  send: async ({ input, emit, fail }) => {
    if (input.text === 'spam') throw fail('muted', { until: new Date(Date.now() + 60_000) })
    const message = { id: crypto.randomUUID(), sentAt: new Date(), ...input }
    messages.set(input.roomId, [...(messages.get(input.roomId) ?? []), message])
    await emit.room({ roomId: input.roomId }).message(message)
    return message
  },
  complete: async function* ({ input }) {
    const words = input.prompt.split(' ')
    for (const word of words) yield { type: 'token', data: word }
    return { tokens: words.length }
  },
})

const app = express()
app.use('/events', expressHandler(tidings))
app.listen(3000)

// anywhere on the server: a job, a webhook, another route
await tidings.emit.room({ roomId: 'lobby' }).message({ id: '1', author: 'bot', text: 'hi', sentAt: new Date() })
