import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How many requests of one connection may wait for those before them: with one more, the connection is destroyed. */
const maxWaiting = 100

/** Those that wait, by the connection they came on: each is told whether its turn has come, or never will. */
const waiting = new WeakMap<Socket, Set<(hasCome: boolean) => void>>()

/**
 * Waits for the turn of a request that was pipelined: HTTP/1.1 answers those of one connection in order, and behind an event
 * stream it may never come. Nothing is done for such a request before. Resolves with whether its turn has come; nothing for
 * a request that need not wait.
 */
export function turnOf(request: IncomingMessage, response: ServerResponse): Promise<boolean> | undefined {
  const { socket } = request
  // A response has its connection's socket once those before it are over. HTTP/2's always have.
  if (response.socket || request.httpVersionMajor !== 1 || !socket) return undefined
  if (socket.destroyed) return Promise.resolve(false)
  const others = waiting.get(socket) ?? waitOn(socket)
  if (others.size >= maxWaiting) {
    socket.destroy()
    return Promise.resolve(false)
  }
  return new Promise((resolve) => {
    others.add(resolve)
    response.once('socket', () => {
      others.delete(resolve)
      resolve(true)
    })
  })
}

/** One listener for all that wait on a connection. */
function waitOn(socket: Socket): Set<(hasCome: boolean) => void> {
  const others = new Set<(hasCome: boolean) => void>()
  waiting.set(socket, others)
  socket.once('close', () => {
    for (const resolve of others) resolve(false)
    others.clear()
  })
  return others
}
