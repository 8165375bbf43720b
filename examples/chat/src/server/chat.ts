import { setTimeout as pause } from 'node:timers/promises'
import { type Bus, createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import compression from 'compression'
import express from 'express'
import helmet from 'helmet'
import { contract } from '../contract'
import { Bot } from './bot'
import { Moderation } from './moderation'
import { replyTo } from './reply'
import type { Store } from './store'

export interface ChatOptions {
  /** The folder of the built front end. */
  readonly webFolder: string
  readonly store: Store
  /** Connects the nodes, if there are several. */
  readonly bus: Bus | undefined
  /** The name of this node, if there are several. */
  readonly node: string | undefined
}

/** Creates the Tidings server of the chat, its bot, and an Express app that serves it with the front end. */
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
        snapshot: ({ params }) => store.roomOf(params.roomId),
      },
      send: async ({ input, emit, fail }) => {
        const { roomId, author, text } = input
        const until = await moderation.judge(author, text)
        if (until) throw fail('muted', { until }, 'That looked like spam')
        const message = { id: crypto.randomUUID(), author, text, sentAt: new Date(), node }
        // Stored before it is emitted, because a snapshot that is loaded after the emit must contain it.
        await store.add(roomId, message)
        await emit.room({ roomId }).message(message)
        bot.read(roomId, text)
        return message
      },
      typing: ({ input, emit }) => emit.room({ roomId: input.roomId }).typing({ author: input.author }),
      complete: async function* ({ input, signal }) {
        const tokens = replyTo(input.prompt)
        for (const token of tokens) {
          await pause(80, undefined, { signal })
          yield { type: 'token', data: token }
        }
        return { tokens: tokens.length }
      },
    },
  )
  const bot = new Bot(tidings, store, node)

  const app = express()
  // The chat is served over plain HTTP, so the browser must not upgrade its requests.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }))
  app.use(compression())
  app.use((_request, response, next) => {
    if (node) response.set('X-Node', node)
    next()
  })
  app.use('/events', expressHandler(tidings))
  app.use(express.static(webFolder))
  return { app, tidings, bot }
}
