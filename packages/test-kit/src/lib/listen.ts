import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { listenOnFreePort } from './free-port.js'

/** An HTTP server of a test. */
export interface Listening {
  readonly server: Server
  readonly origin: string
  readonly port: number
  /** Resets every connection. */
  cut(): void
  /** Resets every connection and listens no more. */
  stop(): Promise<void>
}

/** Starts an HTTP server on 127.0.0.1, on a free port by default, and stops it when the test is over. */
export async function listen(listener: RequestListener, port?: number): Promise<Listening> {
  const server = createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const bound = port ?? (await listenOnFreePort(server))
  if (port !== undefined) {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  }
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const stop = async () => {
    const stopped = new Promise((resolve) => server.close(resolve))
    cut()
    await stopped
  }
  onTestFinished(stop)
  return { server, origin: `http://127.0.0.1:${bound}`, port: bound, cut, stop }
}
