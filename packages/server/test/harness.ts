import type { ControlOperation, ControlResult } from '@tidings/core/wire'
import { listen, until } from '@tidings/test-kit'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { RequestHandler } from 'express'
import express from 'express'
import { onTestFinished } from 'vitest'

/** An Express app with a handler at `/events`, behind some middleware; gives the URL of the mount. */
export async function mount(handler: RequestHandler, ...middleware: RequestHandler[]): Promise<string> {
  const app = express()
  for (const each of middleware) app.use(each)
  app.use('/events', handler)
  const { origin } = await listen(app)
  return `${origin}/events`
}

/** An event stream that is being read, as plain text and as events. */
export interface OpenStream {
  readonly response: Response
  readonly events: EventSourceMessage[]
  /** All that came, heartbeats included. */
  text(): string
  /** Whether the server has ended it. */
  isOver(): boolean
  /** Waits until so many events have come, and gives them. */
  count(events: number): Promise<EventSourceMessage[]>
  leave(): void
}

/** Opens an event stream, as `curl -N` would. */
export async function open(url: string, init: RequestInit = {}): Promise<OpenStream> {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const response = await fetch(url, { ...init, signal: abort.signal })
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  const decoder = new TextDecoder()
  let text = ''
  let over = false
  void (async () => {
    try {
      for await (const chunk of response.body ?? []) {
        const piece = decoder.decode(chunk, { stream: true })
        text += piece
        parser.feed(piece)
      }
    } catch {
      // Left, or cut off: the test looks at what came.
    }
    over = true
  })()
  return {
    response,
    events,
    text: () => text,
    isOver: () => over,
    leave: () => abort.abort(),
    async count(wanted) {
      await until(() => events.length >= wanted, `${wanted} events had come (${events.length} have)`)
      return events
    },
  }
}

/** Opens a shared connection. `control` sends operations to it, through the node of the URL `at`. */
export async function openShared(url: string, headers: Record<string, string> = {}, at = url) {
  const stream = await open(url, { headers })
  const [first] = await stream.count(1)
  const { id } = JSON.parse(first?.data ?? '') as { id: string }
  const path = `${at}/$connections/${id}`
  const control = async (operations: ControlOperation[], as = headers, sequence?: number) => {
    const response = await post(path, { operations, sequence }, as)
    return { ...response, results: response.body?.results as ControlResult[] }
  }
  return { stream, first, id, path, control }
}

/** Sends JSON, and gives the status, the headers and the parsed answer. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}
