import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { webSocketClient } from '../src/lib/client-script.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** Plain WebSockets: each event is encoded once and sent to each socket. */
export const start: StartSubject = async () => {
  const server = createServer()
  const sockets = new WebSocketServer({ server, clientTracking: true })
  return {
    port: await listenOnFreePort(server),
    client: webSocketClient('/'),
    emit(event) {
      const data = Buffer.from(JSON.stringify(event))
      for (const socket of sockets.clients) {
        if (socket.readyState === WebSocket.OPEN) socket.send(data, { binary: false })
      }
    },
    subscribers: () => sockets.clients.size,
    stop: () => server.close(),
  }
}
