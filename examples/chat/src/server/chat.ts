import { inspector } from '@tidings/inspector'
import { type Bus, createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import compression from 'compression'
import express from 'express'
import helmet from 'helmet'
import { contract } from '../contract'
import { Bot } from './bot'
import { chatHandlers } from './handlers'
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
  const tidings = createServer(
    contract,
    {
      ...(bus && { bus }),
      // At /events/$inspect. Not in production: see docs/inspector.md.
      inspector: inspector(),
      onError: (error, { place }) => console.error(`Failed at ${place}:`, error),
    },
    chatHandlers({ store, node, onMessage: (roomId, text) => bot.read(roomId, text) }),
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
