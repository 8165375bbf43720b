import { setTimeout as pause } from 'node:timers/promises'
import { type Bus, createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import compression from 'compression'
import express from 'express'
import helmet from 'helmet'
import { contract } from '../contract'
import { answerTo } from './answer'
import { Moderation } from './moderation'
import type { Store } from './store'

export interface ChatOptions {
  /** The folder of the built front end. */
  readonly webFolder: string
  readonly store: Store
  /** What brings events to the other nodes, if there are any. */
  readonly bus: Bus | undefined
  /** What this node is called, if there are others. */
  readonly node: string | undefined
}

/** The chat: its Tidings server, and an Express app that serves it with the front end. */
export function createChat({ webFolder, store, bus, node }: ChatOptions) {
  const moderation = new Moderation(store)

  const tidings = createServer(
    contract,
    {
      ...(bus && { bus }),
      onError: (error, { place }) => console.error(`Failed at ${place}:`, error),
    },
    {
      room: {
        authorize: ({ params }) => params.roomId !== 'staff',
        snapshot: async ({ params }) => ({ messages: await store.messagesOf(params.roomId) }),
      },
      send: async ({ input, emit, fail }) => {
        const { roomId, author, text } = input
        const until = await moderation.judge(author, text)
        if (until) throw fail('muted', { until }, 'That looked like spam')
        const message = { id: crypto.randomUUID(), author, text, sentAt: new Date(), node }
        // Before it is emitted: a snapshot that is loaded after that has to have it.
        await store.add(roomId, message)
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
  app.use((_request, response, next) => {
    if (node) response.set('X-Node', node)
    next()
  })
  app.use('/events', expressHandler(tidings))
  app.use(express.static(webFolder))
  return { app, tidings }
}
