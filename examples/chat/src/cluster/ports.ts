import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** Resolves with a free port: one of `count` from `first`, or any for 0. @throws if none is free */
export async function freePort(first = 0, count = 1): Promise<number> {
  const server = createServer()
  try {
    // On all addresses, because `localhost` may resolve to any of them.
    server.listen(first)
    await once(server, 'listening')
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (isTaken && count > 1) return freePort(first + 1, count - 1)
    throw error
  }
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves with whether a program listens on a port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (isOpen: boolean) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => finish(true)).once('error', () => finish(false))
  })
}
