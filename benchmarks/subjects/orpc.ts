import { createServer } from 'node:http'
import { EventPublisher, os } from '@orpc/server'
import { RPCHandler } from '@orpc/server/node'
import { sseClient } from '../src/lib/client-script.js'
import type { FeedEvent } from '../src/lib/feed-event.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** oRPC: an event iterator on its publisher, with a buffer that no subscriber overflows. */
export const start: StartSubject = async () => {
  const publisher = new EventPublisher<{ message: FeedEvent }>({ maxBufferedEvents: 10_000 })
  let subscribers = 0
  const router = {
    onMessage: os.route({ method: 'GET' }).handler(({ signal }) => {
      subscribers += 1
      signal?.addEventListener('abort', () => {
        subscribers -= 1
      })
      return publisher.subscribe('message', { signal })
    }),
  }
  const handler = new RPCHandler(router)
  const server = createServer(async (request, response) => {
    const { matched } = await handler.handle(request, response)
    if (!matched) response.writeHead(404).end()
  })
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/onMessage'),
    emit: (event) => publisher.publish('message', event),
    subscribers: () => subscribers,
    stop: () => server.close(),
  }
}
