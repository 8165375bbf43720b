import type { TidingsError } from '@tidings/core'
import type { ErrorContext } from '../client-options.js'
import { disposeSymbol, type Unsubscribe, unsubscriber } from '../disposable.js'
import { type Reporter, runReporting } from '../reporting.js'
import type { SignalOptions } from '../types/client.js'
import type { RunSink } from './run-queue.js'
import type { RunEnd, RunEvent } from './run-reader.js'

/** Returns the next value, from the last one and an event. */
export type RunReducer = (state: unknown, event: RunEvent) => unknown

interface Observer {
  readonly handler: (value: never) => unknown
}

/** A run that is folded into one value. Its type is `RunState` in `types/client.ts`. */
export class FoldedRun implements RunSink, Disposable {
  readonly #reporter: Reporter
  readonly #at: ErrorContext
  readonly #reducer: RunReducer
  readonly #observers = new Set<Observer>()
  readonly #stop: Unsubscribe
  #value: unknown
  #end: RunEnd | undefined
  #isAnnounced = false

  constructor(
    reporter: Reporter,
    at: ErrorContext,
    reducer: RunReducer,
    { initial, signal }: SignalOptions & { initial: unknown },
    onLeft: () => void,
  ) {
    this.#reporter = reporter
    this.#at = at
    this.#reducer = reducer
    this.#value = initial
    this.#stop = unsubscriber(() => {
      this.#observers.clear()
      onLeft()
    }, signal)
  }

  get value(): unknown {
    return this.#value
  }

  get status(): 'running' | RunEnd['status'] {
    return this.#end?.status ?? 'running'
  }

  get output(): unknown {
    return this.#end?.status === 'done' ? this.#end.output : undefined
  }

  get error(): TidingsError | undefined {
    return this.#end?.status === 'failed' ? this.#end.error : undefined
  }

  on(_event: 'change', handler: Observer['handler'], { signal }: SignalOptions = {}): Unsubscribe {
    // An object for each: a function may be registered twice, and each registration ends by itself.
    const observer = { handler }
    this.#observers.add(observer)
    return unsubscriber(() => this.#observers.delete(observer), signal)
  }

  close(): void {
    this.#stop()
  }

  [disposeSymbol](): void {
    this.#stop()
  }

  onEvent(event: RunEvent): void {
    const before = this.#value
    this.#run(event.type, () => {
      this.#value = this.#reducer(before, event)
    })
    if (!Object.is(before, this.#value)) this.#announce()
  }

  onEnded(end: RunEnd): void {
    this.#end = end
    this.#announce()
  }

  /** Notifies observers once of all changes in a turn of the event loop. */
  #announce(): void {
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    queueMicrotask(() => {
      this.#isAnnounced = false
      for (const observer of [...this.#observers]) {
        // An earlier observer may have ended this one.
        if (this.#observers.has(observer)) this.#run('change', () => observer.handler(this.#value as never))
      }
      if (this.#end) this.#stop()
    })
  }

  /** Runs a callback of the user's, and reports the error that it throws. */
  #run(event: string, callback: () => unknown): void {
    runReporting(
      this.#reporter,
      () => ({ what: `A handler of ${this.#at.channel}`, ...this.#at, event }),
      callback,
    )
  }
}
