import { createServer } from 'node:http'
import { createServer as createTidings } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { sseClient } from '../src/lib/client-script.js'
import { feedContract } from '../src/lib/feed-contract.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** Tidings without Express. */
export const start: StartSubject = async () => {
  const tidings = createTidings(feedContract, {})
  const server = createServer(nodeHandler(tidings))
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
