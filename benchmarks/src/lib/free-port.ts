import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Has a server listen on a free port of 127.0.0.1, and gives the port. */
export async function listenOnFreePort(server: Server): Promise<number> {
  // A backlog as a production server has it: the load comes in all at once.
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
