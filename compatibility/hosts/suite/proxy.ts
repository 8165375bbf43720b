import { connect, createServer, type Socket } from 'node:net'
import { listenOnFreePort } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'

/** A TCP proxy between a client and a host. */
export interface Proxy {
  readonly origin: string
  /** Resets every connection, and each new one until `mend`. */
  cut(): void
  mend(): void
  /** Stops reading from the host, as a client that does not read, until `resume`. */
  pause(): void
  resume(): void
}

/** Starts a proxy to an origin, and stops it when the test is over. */
export async function startProxy(origin: string): Promise<Proxy> {
  const { protocol, port } = new URL(origin)
  const sockets = new Set<Socket>()
  const fromHost = new Set<Socket>()
  let isCut = false
  let isPaused = false
  const server = createServer((client) => {
    sockets.add(client)
    if (isCut) client.resetAndDestroy()
    const host = connect(Number(port), '127.0.0.1')
    sockets.add(host)
    fromHost.add(host)
    // Before `pipe`, which would begin to read.
    host.pipe(client)
    if (isPaused) host.unpipe(client).pause()
    host.on('tidings:resume', () => host.pipe(client))
    client.pipe(host)
    const end = () => {
      for (const socket of [client, host]) {
        socket.destroy()
        sockets.delete(socket)
      }
      fromHost.delete(host)
    }
    for (const socket of [client, host]) socket.on('error', end).on('close', end)
  })
  const ownPort = await listenOnFreePort(server)
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.resetAndDestroy()
  }
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    cut()
    await closed
  })
  return {
    origin: `${protocol}//127.0.0.1:${ownPort}`,
    cut,
    mend: () => {
      isCut = false
    },
    pause: () => {
      isPaused = true
      for (const host of fromHost) host.unpipe().pause()
    },
    resume: () => {
      isPaused = false
      for (const host of fromHost) host.emit('tidings:resume')
    },
  }
}
