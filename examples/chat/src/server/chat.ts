import { setTimeout as pause } from 'node:timers/promises'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import compression from 'compression'
import express from 'express'
import helmet from 'helmet'
import { contract } from '../contract'
import { answerTo } from './answer'
import { History } from './history'
import { Moderation } from './moderation'

/** The chat: its Tidings server, and an Express app that serves it with the built front end in a folder. */
export function createChat(webFolder: string) {
  const history = new History()
  const moderation = new Moderation()

  const tidings = createServer(
    contract,
    { onError: (error, { place }) => console.error(`Failed at ${place}:`, error) },
    {
      room: {
        authorize: ({ params }) => params.roomId !== 'staff',
        snapshot: ({ params }) => ({ messages: history.of(params.roomId) }),
      },
      send: async ({ input, emit, fail }) => {
        const { roomId, author, text } = input
        const until = moderation.judge(author, text)
        if (until) throw fail('muted', { until }, 'That looked like spam')
        const message = { id: crypto.randomUUID(), author, text, sentAt: new Date() }
        history.add(roomId, message)
        await emit.room({ roomId }).message(message)
        return message
      },
      typing: ({ input, emit }) => emit.room({ roomId: input.roomId }).typing({ author: input.author }),
      complete: async function* ({ input, signal }) {
        const words = answerTo(input.prompt)
        for (const word of words) {
          await pause(60, undefined, { signal })
          yield { type: 'token', data: word }
        }
        return { tokens: words.length }
      },
    },
  )

  const app = express()
  // Served over plain HTTP, so nothing may tell the browser to upgrade its requests.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }))
  app.use(compression())
  app.use('/events', expressHandler(tidings))
  app.use(express.static(webFolder))
  return { app, tidings }
}
