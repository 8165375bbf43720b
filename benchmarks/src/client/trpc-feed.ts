import { EventEmitter, on } from 'node:events'
import { initTRPC, tracked } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import type { RoomEvent } from './contract.js'
import type { Feed } from './feeds.js'

function makeRouter(events: EventEmitter<{ message: [RoomEvent] }>) {
  const t = initTRPC.create()
  return t.router({
    onMessage: t.procedure.subscription(async function* ({ signal }) {
      for await (const [event] of on(events, 'message', { signal }) as AsyncIterable<[RoomEvent]>) {
        yield tracked(event.id, event)
      }
    }),
  })
}

export type TrpcRouter = ReturnType<typeof makeRouter>

/** tRPC, as in its documentation. */
export function makeTrpcFeed(): Feed {
  const events = new EventEmitter<{ message: [RoomEvent] }>()
  return {
    handler: createHTTPHandler({ router: makeRouter(events), basePath: '/trpc/' }),
    emit: (event) => void events.emit('message', event),
    subscriptions: () => events.listenerCount('message'),
  }
}
