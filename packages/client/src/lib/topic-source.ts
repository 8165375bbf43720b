import { isTidingsError, TidingsError } from '@tidings/core'
import {
  backoffMs,
  type Cursor,
  eventStreamContentType,
  formatCursor,
  fromProblem,
  type GapSignal,
  parseCursor,
  signal as signals,
} from '@tidings/core/wire'
import { EventSource as FetchEventSource } from 'eventsource'
import { mayHeal, parseJson, readRefusal, requestFailure } from './answer.js'
import { type ConnectionEvent, type ConnectionState, transition } from './connection-state.js'
import type { EventSourceLike, ResolvedOptions } from './options.js'

/** A connection that stayed open for so long was a good one, even if nothing came. */
const provenMs = 5_000

/** What a source tells of its topic. */
export interface TopicSourceListener {
  /** An event or snapshot, as it came. The cursor is the position after it. */
  received(name: string, data: string, cursor: Cursor): void
  /** Events were missed; the topic goes on from the cursor. */
  missed(reason: string, cursor: Cursor): void
  /** The server will not have it: there are no more attempts. */
  refused(problem: TidingsError): void
  changed(): void
}

/** The topic a source is for. */
export interface TopicAddress {
  readonly path: string
  readonly query: string
  readonly events: readonly string[]
}

/**
 * An EventSource on one topic that outlives its connections: each time one is lost, another goes on from the cursor.
 *
 * Reconnecting is done here and not by the EventSource, which stops for good at the first answer that is not 200, and
 * would not ask for new headers.
 */
export class TopicSource {
  readonly #options: ResolvedOptions
  readonly #address: TopicAddress
  readonly #listener: TopicSourceListener
  #state: ConnectionState = { status: 'idle' }
  #source: EventSourceLike | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #cursor: Cursor | undefined
  /** Connections in a row that failed, or ended before they had proved good. */
  #failures = 0
  #openedAt = Number.POSITIVE_INFINITY
  /** Why the current connection was refused or lost, where it could be found out. */
  #problem: TidingsError | undefined

  constructor(options: ResolvedOptions, address: TopicAddress, listener: TopicSourceListener) {
    this.#options = options
    this.#address = address
    this.#listener = listener
    this.#connect()
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** The position after the last event that came. */
  get cursor(): Cursor | undefined {
    return this.#cursor
  }

  close(): void {
    this.#disconnect()
    this.#change({ type: 'closed' })
  }

  #connect(): void {
    this.#change({ type: 'connect', attempt: this.#failures + 1 })
    const source = this.#open(this.#url())
    this.#source = source
    const on = (name: string, handle: (event: MessageEvent<string>) => void) =>
      source.addEventListener(name, (event) => {
        // What a closed EventSource had in its buffers is no longer ours.
        if (this.#source !== source) return
        try {
          handle(event)
        } catch (error) {
          if (!isTidingsError(error)) throw error
          this.#problem = error
          this.#lost()
        }
      })
    on('error', () => this.#lost())
    on(signals.open, (event) => this.#opened(event))
    on(signals.gap, (event) => this.#missed(event))
    on(signals.error, (event) => {
      this.#problem = fromProblem(parseJson(event.data, 'the error'))
      this.#lost()
    })
    for (const name of [signals.snapshot, ...this.#address.events]) {
      on(name, (event) => this.#received(name, event))
    }
  }

  #url(): string {
    const { path, query } = this.#address
    const resume = this.#cursor ? `lastEventId=${encodeURIComponent(formatCursor(this.#cursor))}` : ''
    const search = [query, resume].filter((part) => part !== '').join('&')
    return `${this.#options.url}/${path}${search && `?${search}`}`
  }

  #open(url: string): EventSourceLike {
    const { EventSource, credentials } = this.#options
    const withCredentials = credentials === 'include'
    this.#problem = undefined
    if (EventSource) return new EventSource(url, { withCredentials })
    return new FetchEventSource(url, {
      withCredentials,
      fetch: async (target, init) => {
        try {
          const headers = await this.#options.headers()
          for (const [name, value] of Object.entries(init.headers)) headers.set(name, value)
          const { signal, mode, cache, redirect } = init
          const request: RequestInit = { headers, credentials, signal, mode, cache, redirect }
          const response = await this.#options.fetch(String(target), request)
          const contentType = response.headers.get('content-type') ?? ''
          if (response.status !== 200 || !contentType.startsWith(eventStreamContentType)) {
            this.#problem = await readRefusal(response)
          }
          return response
        } catch (cause) {
          this.#problem = requestFailure(cause, `The request to ${url}`, undefined)
          // Not the cause itself: an AbortError would make the EventSource believe that it was closed, and stay silent.
          throw this.#problem
        }
      },
    }) as EventSourceLike
  }

  #opened(event: MessageEvent<string>): void {
    this.#openedAt = Date.now()
    // Absent where a snapshot follows: until it is here, there is no position to go on from.
    const cursor = parseCursor(event.lastEventId)
    if (cursor) this.#moveTo(cursor)
  }

  #received(name: string, event: MessageEvent<string>): void {
    const cursor = parseCursor(event.lastEventId)
    if (!cursor) return
    const last = this.#cursor
    const isSeen = last?.epoch === cursor.epoch && cursor.seq <= last.seq
    if (isSeen && name !== signals.snapshot) return
    this.#moveTo(cursor)
    // A snapshot alone proves nothing: a server may fail right after each, and they are what costs it most.
    if (name !== signals.snapshot) this.#failures = 0
    this.#listener.received(name, event.data, cursor)
  }

  #missed(event: MessageEvent<string>): void {
    const { reason, cursor: text } = parseJson(event.data, 'the gap') as Partial<GapSignal>
    // As for `$open`: without an id, a snapshot follows.
    const position = parseCursor(event.lastEventId)
    if (position) this.#moveTo(position)
    const cursor = parseCursor(String(text))
    if (cursor) this.#listener.missed(String(reason), cursor)
  }

  /** From here on nothing is missed in silence: what happens after the position is delivered or announced. */
  #moveTo(cursor: Cursor): void {
    this.#cursor = cursor
    this.#change({ type: 'opened' })
  }

  #lost(): void {
    this.#disconnect()
    if (Date.now() - this.#openedAt >= provenMs) this.#failures = 0
    this.#openedAt = Number.POSITIVE_INFINITY
    this.#failures += 1
    const url = `${this.#options.url}/${this.#address.path}`
    const problem =
      this.#problem ?? new TidingsError({ code: 'network', message: `The connection to ${url} was lost` })
    if (!mayHeal(problem)) {
      this.#change({ type: 'refused', problem })
      this.#listener.refused(problem)
      return
    }
    const delay = backoffMs(this.#options.reconnect, this.#failures - 1, problem.retryAfterMs)
    this.#retry = setTimeout(() => this.#connect(), delay)
    this.#change({ type: 'lost', attempt: this.#failures, problem, retryAt: Date.now() + delay })
  }

  #disconnect(): void {
    clearTimeout(this.#retry)
    const source = this.#source
    this.#source = undefined
    source?.close()
    // Closed while it tells of an error, the eventsource package sets its own timer to reconnect after that.
    queueMicrotask(() => source?.close())
  }

  #change(event: ConnectionEvent): void {
    const next = transition(this.#state, event)
    if (next === this.#state) return
    this.#state = next
    this.#listener.changed()
  }
}
