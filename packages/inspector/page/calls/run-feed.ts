import type { Run } from '@tidings/client'
import type { TidingsError } from '@tidings/core'
import { asTidingsError } from './as-tidings-error.js'

/** An event of a run, as it arrived. */
export interface RunEvent {
  readonly index: number
  readonly type: string
  readonly data: unknown
  /** Milliseconds since the page began to read the run. */
  readonly ms: number
}

/** What is known of a run. It is replaced when something changes. */
export interface RunView {
  readonly status: 'running' | 'done' | 'failed' | 'detached'
  /** The newest events, the oldest first. */
  readonly events: readonly RunEvent[]
  /** Events so far, with those that are no longer kept. */
  readonly count: number
  readonly output: unknown
  readonly error: TidingsError | undefined
  readonly ms: number
}

/** Events of one run that are kept. */
const maxEvents = 1_000

/** Milliseconds between two changes of the view, so that a fast run does not keep the page busy. */
const changeMs = 50

/** Reads one run, and holds what it has read for the page to show. */
export class RunFeed {
  readonly id: string
  readonly startedAt = new Date()
  readonly #run: Run<Record<string, unknown>, unknown>
  readonly #abort = new AbortController()
  readonly #begin = performance.now()
  readonly #listeners = new Set<() => void>()
  #events: RunEvent[] = []
  #count = 0
  #end: Pick<RunView, 'status' | 'output' | 'error'> | undefined
  #view: RunView | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param start starts or attaches to the run, with the signal that detaches from it */
  constructor(start: (signal: AbortSignal) => Run<Record<string, unknown>, unknown>) {
    this.#run = start(this.#abort.signal)
    this.id = this.#run.id
    void this.#read()
  }

  get view(): RunView {
    this.#view ??= {
      ...(this.#end ?? { status: 'running', output: undefined, error: undefined }),
      events: this.#events,
      count: this.#count,
      ms: performance.now() - this.#begin,
    }
    return this.#view
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Ends the run on the server. Rejects if the server refuses. */
  cancel(): Promise<void> {
    return this.#run.cancel()
  }

  /** Stops reading. The run goes on as long as its `lingerMs` and other readers let it. */
  detach(): void {
    if (!this.#end) this.#finish({ status: 'detached', output: undefined, error: undefined })
    this.#abort.abort()
  }

  async #read(): Promise<void> {
    try {
      for await (const { type, data } of this.#run) {
        const event = { index: this.#count, type, data, ms: performance.now() - this.#begin }
        this.#count += 1
        this.#events = [...this.#events.slice(1 - maxEvents), event]
        this.#changeSoon()
      }
      const output = await this.#run.output
      this.#finish({ status: 'done', output, error: undefined })
    } catch (error) {
      if (!this.#end) this.#finish({ status: 'failed', output: undefined, error: asTidingsError(error) })
    }
  }

  #finish(end: Pick<RunView, 'status' | 'output' | 'error'>): void {
    this.#end = end
    clearTimeout(this.#timer)
    this.#change()
  }

  #changeSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (!this.#end) this.#change()
    }, changeMs)
  }

  #change(): void {
    this.#view = undefined
    for (const listener of this.#listeners) listener()
  }
}
