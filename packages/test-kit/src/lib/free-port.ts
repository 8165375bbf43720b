import { createServer, type Server } from 'node:net'

/** Below what systems give to outgoing connections, and above what browsers refuse. */
const ports = { first: 20_000, count: 12_000 }

let next = Math.floor(Math.random() * ports.count)

/**
 * Has a server listen on a free port of 127.0.0.1, and returns the port.
 *
 * The system would choose among the ports that it also gives to outgoing connections. A server that is stopped and
 * started again on its port would then find that port taken, now and then, by a test that runs at the same time.
 *
 * A process is given each port once: `fetch` keeps connections by host and port, and would send a test's request on
 * a connection to the server of the test before, which has stopped.
 */
export async function listenOnFreePort(server: Server): Promise<number> {
  while (true) {
    const port = ports.first + next
    next = (next + 1) % ports.count
    if (await canListen(server, port)) return port
  }
}

/** Returns a port of 127.0.0.1 that was free a moment ago, for a process that a test starts. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnFreePort(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Has a server listen on a port of 127.0.0.1. Resolves with `false` where the port is taken. */
function canListen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    }
    server.once('error', failed)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed)
      resolve(true)
    })
  })
}
