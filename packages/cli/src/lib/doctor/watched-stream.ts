import { type OpenSignal, parseJson } from '@tidings/core/wire'
import type { Exchange } from './caller.js'

/** An event of a stream, with the time when it arrived. */
export interface Arrival {
  readonly name: string
  readonly data: string
  readonly at: number
}

/** How a stream ended. */
export interface Ending {
  readonly at: number
  /** `ended`: the response is complete. `cut`: the connection was closed within it. */
  readonly how: 'ended' | 'cut'
}

/** The most text that may arrive without ending an event. */
const maxPending = 1_000_000

/** The most events and characters of data that are kept. A server that sends more is not being measured any more. */
const maxArrivals = { count: 10_000, length: 1_000_000 }

/** An event stream, with the time when each piece of it arrived. */
export class WatchedStream {
  readonly exchange: Exchange
  readonly arrivals: Arrival[] = []
  /** When the last bytes arrived; before, when the headers did. */
  lastAt: number
  bytes = 0
  ending: Ending | undefined
  #pending = ''
  #kept = 0
  #hasLeft = false
  readonly #listeners = new Set<() => void>()

  constructor(exchange: Exchange) {
    this.exchange = exchange
    this.lastAt = exchange.headersAt
    const { body } = exchange
    body.setEncoding('utf8')
    body.on('data', (text: string) => this.#take(text))
    body.once('end', () => this.#end('ended'))
    body.once('error', () => this.#end('cut'))
    body.once('close', () => this.#end('cut'))
  }

  /** The stream's `$open`. */
  get open(): Partial<OpenSignal> | undefined {
    const arrival = this.arrivals.find(({ name }) => name === '$open')
    return arrival && (parseJson(arrival.data, 'The first event') as Partial<OpenSignal>)
  }

  /** Waits for an event. Resolves with undefined if it does not arrive in time, or the stream ends before. */
  waitFor(
    isWanted: (arrival: Arrival) => boolean,
    ms: number,
    signal: AbortSignal,
  ): Promise<Arrival | undefined> {
    return this.#wait(() => this.arrivals.find(isWanted), ms, signal)
  }

  /** Waits until the stream has ended, at most for a time. */
  async waitForEnd(ms: number, signal: AbortSignal): Promise<Ending | undefined> {
    return this.ending ?? this.#wait(() => this.ending, ms, signal)
  }

  leave(): void {
    this.#hasLeft = true
    this.exchange.close()
  }

  #wait<Value>(get: () => Value | undefined, ms: number, signal: AbortSignal): Promise<Value | undefined> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer)
        this.#listeners.delete(look)
        signal.removeEventListener('abort', finish)
        resolve(get())
      }
      const look = () => {
        if (get() !== undefined || this.ending) finish()
      }
      const timer = setTimeout(finish, ms)
      this.#listeners.add(look)
      signal.addEventListener('abort', finish)
      if (signal.aborted) finish()
      else look()
    })
  }

  #take(text: string): void {
    this.lastAt = performance.now()
    this.bytes += text.length
    const frames = (this.#pending + text).split('\n\n')
    this.#pending = (frames.pop() ?? '').slice(-maxPending)
    for (const frame of frames) {
      // An event of a server always has one line of data.
      const name = /^event: ?(.*)$/m.exec(frame)?.[1]
      const data = /^data: ?(.*)$/m.exec(frame)?.[1] ?? ''
      if (name !== undefined && this.#hasRoom(data)) this.arrivals.push({ name, data, at: this.lastAt })
    }
    this.#notify()
  }

  #hasRoom({ length }: string): boolean {
    this.#kept += length
    return this.arrivals.length < maxArrivals.count && this.#kept <= maxArrivals.length
  }

  #end(how: Ending['how']): void {
    if (this.ending || this.#hasLeft) return
    this.ending = { at: performance.now(), how }
    this.#notify()
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
