import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTidings, type ServerOptions } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import { onTestFinished } from 'vitest'
import { contract } from './contract.js'

/** An HTTP server on a port of 127.0.0.1, a free one unless told, that can be cut off and stopped. */
export async function listen(listener: RequestListener, port = 0) {
  const server: Server = createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const stop = async () => {
    const stopped = new Promise((resolve) => server.close(resolve))
    cut()
    await stopped
  }
  onTestFinished(stop)
  const { port: bound } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${bound}`, port: bound, cut, stop }
}

type HandlersOf = Parameters<typeof createTidings<typeof contract, string | null>>[2]

/** The test contract's server, at `/events` of a port; what is not handed in answers plainly. */
export async function startServer(
  handlers: Partial<HandlersOf> = {},
  options: Partial<ServerOptions<string | null>> & { port?: number; before?: RequestListener } = {},
) {
  const { port, before, ...given } = options
  const tidings = createTidings(
    contract,
    { context: ({ headers }) => headers.get('authorization'), retryMs: 1, ...given },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      ping: () => {},
      count: async function* ({ input }) {
        for (let n = 1; n <= input.to; n += 1) yield { type: 'number', data: n }
        return { total: input.to }
      },
      ...handlers,
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const requests: { method: string; url: string; authorization: string | undefined }[] = []
  const app = express()
  app.use((request, response, next) => {
    const { authorization } = request.headers
    requests.push({ method: request.method, url: request.originalUrl, authorization })
    before?.(request, response)
    if (!response.headersSent) next()
  })
  app.use('/events', expressHandler(tidings))
  const http = await listen(app, port)
  return { tidings, requests, app, ...http, url: `${http.origin}/events` }
}

/** Waits until something holds. */
export async function until(holds: () => boolean, what: string | (() => string)): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain until ${typeof what === 'string' ? what : what()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
