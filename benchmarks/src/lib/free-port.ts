import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Makes a server listen on a free port of 127.0.0.1, and resolves with the port. */
export async function listenOnFreePort(server: Server): Promise<number> {
  // A backlog as in production: all connections are opened at once.
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
