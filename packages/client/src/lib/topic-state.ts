import type { TidingsError } from '@tidings/core'
import { disposeSymbol, type Unsubscribe, unsubscriber } from './disposable.js'
import { runGuarded } from './guarded.js'
import type { Gap, Received, Subscriber } from './subscriber.js'
import type { SignalOptions } from './types/client.js'

type Observer = (value: unknown) => void

/** Folds an event into a value. */
export type Reducer = (value: unknown, event: { type: string; data: unknown }) => unknown

/** Where a state is subscribed. */
export interface StateTopic {
  readonly hasSnapshot: boolean
  attach(subscriber: Subscriber): void
  detach(subscriber: Subscriber): void
  /** A reducer threw. */
  threw(thrown: unknown, event: string): void
  /** The topic was refused, and nobody may be observing. */
  refused(problem: TidingsError): void
}

/** A topic folded into one value; the types stand in `types/client.ts`. */
export class UntypedTopicState implements Subscriber, Disposable {
  readonly wantsSnapshot: boolean
  readonly #topic: StateTopic
  readonly #reducer: Reducer
  readonly #observers = new Set<Observer>()
  readonly #stop: Unsubscribe
  #value: unknown
  #isCurrent: boolean
  #problem: TidingsError | undefined
  #willTell = false
  #isClosed = false

  constructor(topic: StateTopic, reducer: Reducer, initial: unknown, signal: AbortSignal | undefined) {
    this.#topic = topic
    this.#reducer = reducer
    this.#value = initial
    this.wantsSnapshot = topic.hasSnapshot
    this.#isCurrent = !topic.hasSnapshot
    if (!signal?.aborted) topic.attach(this)
    this.#stop = unsubscriber(() => this.#end(), signal)
  }

  get value(): unknown {
    return this.#value
  }

  get isCurrent(): boolean {
    return this.#isCurrent
  }

  get problem(): TidingsError | undefined {
    return this.#problem
  }

  on(_event: 'change', observer: Observer, { signal }: SignalOptions = {}): Unsubscribe {
    // Twice the same function is two observers.
    const own: Observer = (value) => observer(value)
    if (!signal?.aborted) this.#observers.add(own)
    return unsubscriber(() => this.#observers.delete(own), signal)
  }

  close(): void {
    this.#stop()
  }

  [disposeSymbol](): void {
    this.#stop()
  }

  event({ name, value }: Received): void {
    this.#fold(name, value)
  }

  snapshot(value: unknown): void {
    this.#isCurrent = true
    this.#become(value)
  }

  gap(gap: Gap): void {
    if (!this.wantsSnapshot) {
      this.#fold('gap', gap)
      return
    }
    this.#isCurrent = false
    this.#tellSoon()
  }

  ended(problem?: TidingsError): void {
    this.#isCurrent = false
    this.#problem = problem
    if (problem) this.#topic.refused(problem)
    this.#tellSoon()
  }

  #fold(type: string, data: unknown): void {
    try {
      this.#become(this.#reducer(this.#value, { type, data }))
    } catch (thrown) {
      this.#topic.threw(thrown, type)
    }
  }

  #become(value: unknown): void {
    this.#value = value
    this.#tellSoon()
  }

  /** Once for all that came together: a screen that is drawn anew for each of five hundred events is slow. */
  #tellSoon(): void {
    if (this.#willTell) return
    this.#willTell = true
    queueMicrotask(() => {
      this.#willTell = false
      if (this.#isClosed) return
      for (const observer of [...this.#observers]) {
        if (this.#observers.has(observer)) runGuarded(() => observer(this.#value))
      }
    })
  }

  #end(): void {
    this.#isClosed = true
    this.#isCurrent = false
    this.#topic.detach(this)
    this.#observers.clear()
  }
}
