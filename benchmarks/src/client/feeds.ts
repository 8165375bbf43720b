import type { RequestListener, Server } from 'node:http'
import { createServer as createTidings } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { Server as SocketServer } from 'socket.io'
import { contract, type RoomEvent } from './contract.js'
import { makeTrpcFeed } from './trpc-feed.js'

/** Sends events to the one client. */
export interface Feed {
  /** Answers the requests below `/events` and `/trpc`, unless the feed has taken them from the server. */
  readonly handler?: RequestListener
  emit(event: RoomEvent): void
  subscriptions(): number
}

/** @param isJoined whether the events of all topics are those of one, which tells them apart itself */
function tidingsFeed(topics: number, isJoined: boolean): Feed {
  // Long enough for a client that reads slower than the server emits.
  const tidings = createTidings(contract, { history: { size: 1_000_000, ms: 3_600_000 } }, {})
  return {
    handler: nodeHandler(tidings, { path: '/events' }),
    emit: (event) => {
      const topic = isJoined || topics === 1 ? tidings.emit.feed() : tidings.emit.room({ room: event.room })
      void topic.message(event)
    },
    subscriptions: () => tidings.stats().subscriptions,
  }
}

/** Each topic is a room of one client, as many as it asks for. */
function socketFeed(server: Server): Feed {
  const sockets = new SocketServer<
    { join: (topics: number, done: () => void) => void },
    { message: (event: RoomEvent) => void }
  >(server, { transports: ['websocket'], serveClient: false })
  sockets.on('connection', (socket) => {
    socket.on('join', async (topics, done) => {
      for (let room = 0; room < topics; room += 1) await socket.join(String(room))
      done()
    })
  })
  return {
    emit: (event) => void sockets.to(String(event.room)).emit('message', event),
    subscriptions: () => sockets.sockets.adapter.rooms.size - sockets.sockets.sockets.size,
  }
}

/** The servers that the clients read from. */
export const feeds = {
  tidings: (_server, topics) => tidingsFeed(topics, false),
  /** The same server, read as plain Server-Sent Events. */
  plain: (_server, topics) => tidingsFeed(topics, true),
  'socket.io': socketFeed,
  trpc: makeTrpcFeed,
} satisfies Record<string, (server: Server, topics: number) => Feed>

export type FeedName = keyof typeof feeds

/** How many subscriptions the client of a feed has when it is ready. */
export function expectedSubscriptions(name: FeedName, topics: number): number {
  return name === 'tidings' || name === 'socket.io' ? topics : 1
}
