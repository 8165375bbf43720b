import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { sseClient } from '../src/lib/client-script.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/**
 * The minimum in Node: the events of one turn are framed once, and written to each response's socket
 * directly.
 */
export const start: StartSubject = async () => {
  const sockets = new Set<Socket>()
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
    })
    response.flushHeaders()
    const { socket } = response
    if (!socket) return
    sockets.add(socket)
    response.on('close', () => sockets.delete(socket))
  })
  let frames = ''
  function flush() {
    const bytes = Buffer.from(`${Buffer.byteLength(frames).toString(16)}\r\n${frames}\r\n`)
    frames = ''
    for (const socket of sockets) socket.write(bytes)
  }
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/events'),
    emit(event) {
      if (frames === '') setImmediate(flush)
      frames += `data: ${JSON.stringify(event)}\n\n`
    },
    subscribers: () => sockets.size,
    stop: () => server.close(),
  }
}
