import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { sseClient } from '../src/lib/client-script.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/**
 * Hono on Node: `streamSSE` for each request. Events are encoded once; `writeSSE` would encode them for each.
 */
export const start: StartSubject = async () => {
  const streams = new Set<SSEStreamingApi>()
  const app = new Hono()
  app.get('/events', (context) =>
    streamSSE(context, async (stream) => {
      streams.add(stream)
      await new Promise<void>((resolve) => stream.onAbort(resolve))
      streams.delete(stream)
    }),
  )
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/events'),
    emit(event) {
      const frame = new TextEncoder().encode(`event: message\ndata: ${JSON.stringify(event)}\n\n`)
      for (const stream of streams) void stream.write(frame)
    },
    subscribers: () => streams.size,
    stop: () => server.close(),
  }
}
