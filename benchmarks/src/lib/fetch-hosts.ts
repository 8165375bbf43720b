import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import type { Fetch, Serve } from './fetch-subjects.js'
import { listenOnFreePort } from './free-port.js'

interface BunServer {
  readonly port: number
  stop(closeConnections: boolean): void
}

interface DenoServer {
  readonly addr: { readonly port: number }
  shutdown(): Promise<void>
}

// Only what is used here: the types of both runtimes replace those of Node.
declare const Bun: {
  serve(options: { hostname: string; port: number; idleTimeout: number; fetch: Fetch }): BunServer
}
declare const Deno: {
  serve(options: { hostname: string; port: number; onListen(): void }, fetch: Fetch): DenoServer
}

export const serveOnBun: Serve = async (fetch) => {
  // Bun closes a connection that is silent for 10 s, unless it is told otherwise.
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch })
  return { port: server.port, stop: () => server.stop(true) }
}

export const serveOnDeno: Serve = async (fetch) => {
  const server = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen() {} }, fetch)
  return { port: server.addr.port, stop: () => void server.shutdown() }
}

/** Hono on Node. */
export const serveOnHono: Serve = async (fetch) => {
  const app = new Hono()
  app.all('/events/*', (context) => fetch(context.req.raw, context.env))
  app.all('/events', (context) => fetch(context.req.raw, context.env))
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  return { port: await listenOnFreePort(server), stop: () => server.close() }
}
