import { type Seed, TidingsError } from '@tidings/core'
import { type Cursor, parseCursor } from '@tidings/core/wire'
import { disposeSymbol, type Unsubscribe, unsubscriber } from '../disposable.js'
import type { Failure, SignalOptions } from '../types/client.js'
import { Readiness } from './readiness.js'
import type { Gap, Received, Subscriber } from './subscriber.js'
import type { LoopItem } from './topic-loop.js'

/** Returns the next value, from the last one and an item. */
export type Reducer = (state: unknown, item: LoopItem) => unknown

/** The topic that is folded. */
export interface FoldableTopic {
  readonly hasSnapshot: boolean
  attach(subscriber: Subscriber): void
  detach(subscriber: Subscriber): void
  /** Runs a callback of the user's, and reports the error that it throws. */
  run(event: string, callback: () => unknown): void
  report(problem: TidingsError): void
}

/** Options of {@link FoldedTopic}. */
export interface FoldOptions extends SignalOptions {
  initial?: unknown
  seed?: Seed<unknown> | undefined
}

interface Observer {
  readonly event: string
  readonly handler: (payload: never, about: never) => unknown
}

/** A topic that is folded into one value. Its type is `TopicState` in `types/client.ts`. */
export class FoldedTopic implements Subscriber, Disposable {
  readonly wantsSnapshot = true
  readonly from: Cursor | undefined
  readonly #topic: FoldableTopic
  readonly #reducer: Reducer
  readonly #observers = new Set<Observer>()
  readonly #stop: Unsubscribe
  readonly #readiness = new Readiness()
  #value: unknown
  #isCurrent: boolean
  #isAnnounced = false

  constructor(topic: FoldableTopic, reducer: Reducer, options: FoldOptions) {
    const { signal, seed } = options
    this.#topic = topic
    this.#reducer = topic.hasSnapshot && options.initial === undefined ? keepingSnapshot(reducer) : reducer
    this.#value = options.initial
    this.#isCurrent = !topic.hasSnapshot
    if (seed) {
      const position = positionOf(seed)
      topic.run('snapshot', () => {
        this.#value = this.#reducer(this.#value, { type: 'snapshot', data: seed.value })
        this.#isCurrent = true
      })
      // If the reducer threw, the topic begins with a snapshot.
      if (this.#isCurrent) this.from = position
    }
    if (!signal?.aborted) topic.attach(this)
    this.#stop = unsubscriber(() => {
      this.#isCurrent = false
      this.#observers.clear()
      this.#readiness.left()
      topic.detach(this)
    }, signal)
  }

  get value(): unknown {
    return this.#value
  }

  get isCurrent(): boolean {
    return this.#isCurrent
  }

  get ready(): Promise<void> {
    return this.#readiness.promise
  }

  on(event: string, handler: Observer['handler'], { signal }: SignalOptions = {}): Unsubscribe {
    // An object for each: a function may be registered twice, and each registration ends by itself.
    const observer = { event, handler }
    this.#observers.add(observer)
    return unsubscriber(() => this.#observers.delete(observer), signal)
  }

  close(): void {
    this.#stop()
  }

  [disposeSymbol](): void {
    this.#stop()
  }

  onEvent({ name, value }: Received): void {
    // After a snapshot that did not fit its schema, there is no state to fold events into.
    if (this.#isCurrent) this.#fold({ type: name, data: value }, true)
  }

  onSnapshot(value: unknown): void {
    this.#fold({ type: 'snapshot', data: value }, true)
  }

  onGap(gap: Gap): void {
    this.#fold({ type: 'gap', data: gap }, !this.#topic.hasSnapshot)
  }

  onLive(): void {
    this.#readiness.live()
  }

  onDelayed(problem: TidingsError): boolean {
    return this.#notify('error', problem, { isFinal: false })
  }

  onEnded(problem?: TidingsError): void {
    this.#readiness.ended(problem)
    const hasChanged = this.#isCurrent || this.#isAnnounced
    this.#isCurrent = false
    if (hasChanged) this.#notify('change', this.#value)
    if (problem && !this.#notify('error', problem, { isFinal: true })) this.#topic.report(problem)
    this.#stop()
  }

  #fold(item: LoopItem, isCurrent: boolean): void {
    let next = this.#value
    let isFolded = false
    this.#topic.run(item.type, () => {
      next = this.#reducer(next, item)
      isFolded = true
    })
    // If the reducer threw, the value does not become current.
    const becomesCurrent = isCurrent && (isFolded || this.#isCurrent)
    if (Object.is(next, this.#value) && becomesCurrent === this.#isCurrent) return
    this.#value = next
    this.#isCurrent = becomesCurrent
    this.#announce()
  }

  /** Notifies observers once of all changes in a turn of the event loop. */
  #announce(): void {
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    queueMicrotask(() => {
      this.#isAnnounced = false
      this.#notify('change', this.#value)
    })
  }

  /** Calls the observers of an event. Returns whether there are any. */
  #notify(event: string, payload: unknown, about?: Failure): boolean {
    const observers = [...this.#observers].filter((observer) => observer.event === event)
    for (const observer of observers) {
      // An earlier observer may have ended this one.
      if (this.#observers.has(observer))
        this.#topic.run(event, () => observer.handler(payload as never, about as never))
    }
    return observers.length > 0
  }
}

/** Returns a reducer that replaces the state by each snapshot, and calls the given one with events alone. */
function keepingSnapshot(reducer: Reducer): Reducer {
  return (state, item) => {
    if (item.type === 'snapshot') return item.data
    return item.type === 'gap' ? state : reducer(state, item)
  }
}

/** @throws TidingsError `invalid_options` for a cursor that is not a position */
function positionOf({ cursor }: Seed<unknown>): Cursor {
  const position = parseCursor(String(cursor))
  if (position) return position
  const message = `seed.cursor is ${JSON.stringify(cursor)}, which is not a position. Give the result of tidings.snapshot or parseSeed`
  throw new TidingsError({ code: 'invalid_options', message })
}
