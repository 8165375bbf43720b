import { EventEmitter, on } from 'node:events'
import { initTRPC, tracked } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { sseClient } from '../src/lib/client-script.js'
import type { FeedEvent } from '../src/lib/feed-event.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** tRPC: a subscription over Server-Sent Events for `httpSubscriptionLink`, as in its documentation. */
export const start: StartSubject = async () => {
  const events = new EventEmitter<{ message: [FeedEvent] }>()
  events.setMaxListeners(0)
  const t = initTRPC.create()
  const router = t.router({
    onMessage: t.procedure.subscription(async function* ({ signal }) {
      for await (const [event] of on(events, 'message', { signal }) as AsyncIterable<[FeedEvent]>) {
        yield tracked(event.id, event)
      }
    }),
  })
  const server = createHTTPServer({ router })
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/onMessage'),
    emit: (event) => void events.emit('message', event),
    subscribers: () => events.listenerCount('message'),
    stop: () => server.close(),
  }
}
