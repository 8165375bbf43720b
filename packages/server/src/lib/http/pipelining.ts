import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * How many requests of a connection may wait for earlier ones. With one more, the connection is destroyed.
 */
const maxWaiting = 100

/** The requests that wait, by connection. Each is called with whether its turn has come or never will. */
const waiting = new WeakMap<Socket, Set<(hasTurn: boolean) => void>>()

/**
 * Waits for the turn of a pipelined request, which is not handled before. HTTP/1.1 responds to the requests
 * of a connection in order, so behind an event stream the turn may never come.
 *
 * Resolves with whether the turn has come. Returns undefined for a request that need not wait.
 */
export function turnOf(request: IncomingMessage, response: ServerResponse): Promise<boolean> | undefined {
  const { socket } = request
  // In HTTP/1.1, a response has its socket once the responses before it are over. In HTTP/2 it always has.
  if (response.socket || request.httpVersionMajor !== 1 || !socket) return undefined
  if (socket.destroyed) return Promise.resolve(false)
  const requests = waiting.get(socket) ?? waitOn(socket)
  if (requests.size >= maxWaiting) {
    socket.destroy()
    return Promise.resolve(false)
  }
  return new Promise((resolve) => {
    requests.add(resolve)
    response.once('socket', () => {
      requests.delete(resolve)
      resolve(true)
    })
  })
}

/** Adds one close listener for all requests of a connection. */
function waitOn(socket: Socket): Set<(hasTurn: boolean) => void> {
  const requests = new Set<(hasTurn: boolean) => void>()
  waiting.set(socket, requests)
  socket.once('close', () => {
    for (const resolve of requests) resolve(false)
    requests.clear()
  })
  return requests
}
