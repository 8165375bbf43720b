import { createServer } from 'node:http'
import { createServer as createTidings } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import { sseClient } from '../src/lib/client-script.js'
import { feedContract } from '../src/lib/feed-contract.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** Tidings as applications run it: built, in Express 5, with validated payloads and a history. */
export const start: StartSubject = async () => {
  const tidings = createTidings(feedContract, {})
  const app = express()
  app.use('/events', expressHandler(tidings))
  const server = createServer(app)
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/events/feed'),
    emit: (event) => void tidings.emit.feed().message(event),
    subscribers: () => tidings.stats().connections,
    stop: () => {
      void tidings.close()
      server.close()
    },
  }
}
