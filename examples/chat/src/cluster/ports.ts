import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** A port that is free: one of so many from the first, or any for 0. @throws if none of them is */
export async function freePort(first = 0, count = 1): Promise<number> {
  const server = createServer()
  try {
    // On all addresses, so that `localhost` is nobody else's, whichever address it stands for.
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

/** Whether somebody listens on a port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const found = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => found(true)).once('error', () => found(false))
  })
}
