import { createServer } from '@tidings/server'
import { fetchHandler } from '@tidings/server/fetch'
import { sseClient } from './client-script.js'
import { feedContract } from './feed-contract.js'
import type { StartSubject } from './subject.js'

/** Handles a request. `info` is what the host passes along with it. */
export type Fetch = (request: Request, info?: unknown) => Response | Promise<Response>

/** Serves requests with a host's own server, on a free port of 127.0.0.1. */
export type Serve = (fetch: Fetch) => Promise<{ readonly port: number; stop(): void }>

/** What the documentation of these hosts shows: a stream for each request, and each event encoded once. */
export function handWritten(serve: Serve): StartSubject {
  return async () => {
    const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
    const { port, stop } = await serve(() => {
      let controller: ReadableStreamDefaultController<Uint8Array>
      const body = new ReadableStream<Uint8Array>({
        start(started) {
          controller = started
          // Bun sends the head of a response with its first bytes.
          controller.enqueue(new TextEncoder().encode(': open\n\n'))
          streams.add(controller)
        },
        cancel() {
          streams.delete(controller)
        },
      })
      return new Response(body, {
        headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-transform' },
      })
    })
    return {
      port,
      client: sseClient('/events'),
      emit(event) {
        const frame = new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`)
        for (const stream of streams) stream.enqueue(frame)
      },
      subscribers: () => streams.size,
      stop,
    }
  }
}

/** Tidings on a host's own server. */
export function tidingsOnFetch(serve: Serve): StartSubject {
  return async () => {
    const tidings = createServer(feedContract, {})
    const { port, stop } = await serve(fetchHandler(tidings))
    return {
      port,
      client: sseClient('/events/feed'),
      emit: (event) => void tidings.emit.feed().message(event),
      subscribers: () => tidings.stats().connections,
      stop: () => {
        void tidings.close()
        stop()
      },
    }
  }
}
