import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { socketIoClient } from '../src/lib/client-script.js'
import type { FeedEvent } from '../src/lib/feed-event.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** Socket.IO over WebSockets: each client joins a room, and events are emitted to the room. */
export const start: StartSubject = async () => {
  const server = createServer()
  const io = new Server<Record<string, never>, { message: (event: FeedEvent) => void }>(server, {
    transports: ['websocket'],
    serveClient: false,
  })
  io.on('connection', (socket) => {
    void socket.join('feed')
  })
  return {
    port: await listenOnFreePort(server),
    client: socketIoClient('/socket.io/'),
    emit: (event) => void io.to('feed').emit('message', event),
    subscribers: () => io.sockets.adapter.rooms.get('feed')?.size ?? 0,
    stop: () => void io.close(),
  }
}
