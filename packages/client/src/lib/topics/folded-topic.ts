import type { TidingsError } from '@tidings/core'
import { disposeSymbol, type Unsubscribe, unsubscriber } from '../disposable.js'
import type { Failure, SignalOptions } from '../types/client.js'
import { Readiness } from './readiness.js'
import type { Gap, Received, Subscriber } from './subscriber.js'
import type { LoopItem } from './topic-loop.js'

/** Makes the next value of the last one and of what has happened. */
export type Reducer = (state: unknown, item: LoopItem) => unknown

/** The topic that is folded. */
export interface FoldableTopic {
  readonly hasSnapshot: boolean
  attach(subscriber: Subscriber): void
  detach(subscriber: Subscriber): void
  /** Runs code of the user's: what it throws is reported, and stops nothing else. */
  run(event: string, callback: () => unknown): void
  report(problem: TidingsError): void
}

interface Observer {
  readonly event: string
  readonly handler: (payload: never, about: never) => unknown
}

/** A topic that is folded into one value, as its users hold it: a `TopicState`. */
export class FoldedTopic implements Subscriber, Disposable {
  readonly wantsSnapshot = true
  readonly #topic: FoldableTopic
  readonly #reducer: Reducer
  readonly #observers = new Set<Observer>()
  readonly #stop: Unsubscribe
  readonly #readiness = new Readiness()
  #value: unknown
  #isCurrent: boolean
  #isAnnounced = false

  constructor(topic: FoldableTopic, reducer: Reducer, options: SignalOptions & { initial?: unknown }) {
    const { signal } = options
    this.#topic = topic
    this.#reducer = topic.hasSnapshot && options.initial === undefined ? keepingSnapshot(reducer) : reducer
    this.#value = options.initial
    this.#isCurrent = !topic.hasSnapshot
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
    // An object for each: who registers one function twice has two registrations to end.
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
    // Events that follow a snapshot that did not fit its schema have nothing they could be folded into.
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
    return this.#tell('error', problem, { isFinal: false })
  }

  onEnded(problem?: TidingsError): void {
    this.#readiness.ended(problem)
    const isNews = this.#isCurrent || this.#isAnnounced
    this.#isCurrent = false
    if (isNews) this.#tell('change', this.#value)
    if (problem && !this.#tell('error', problem, { isFinal: true })) this.#topic.report(problem)
    this.#stop()
  }

  #fold(item: LoopItem, isCurrent: boolean): void {
    let next = this.#value
    let isFolded = false
    this.#topic.run(item.type, () => {
      next = this.#reducer(next, item)
      isFolded = true
    })
    // What a snapshot was not folded into is no more current than it was.
    const becomesCurrent = isCurrent && (isFolded || this.#isCurrent)
    if (Object.is(next, this.#value) && becomesCurrent === this.#isCurrent) return
    this.#value = next
    this.#isCurrent = becomesCurrent
    this.#announce()
  }

  /** Tells of all changes of one turn at once, when it is over. */
  #announce(): void {
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    queueMicrotask(() => {
      this.#isAnnounced = false
      this.#tell('change', this.#value)
    })
  }

  /** Tells those who listen for it, and whether there were any. */
  #tell(event: string, payload: unknown, about?: Failure): boolean {
    const told = [...this.#observers].filter((observer) => observer.event === event)
    for (const observer of told) {
      // One that was told before may have ended it.
      if (this.#observers.has(observer))
        this.#topic.run(event, () => observer.handler(payload as never, about as never))
    }
    return told.length > 0
  }
}

/** The reducer of a state that is of the snapshot's own type, which needs to know of events alone. */
function keepingSnapshot(reducer: Reducer): Reducer {
  return (state, item) => {
    if (item.type === 'snapshot') return item.data
    return item.type === 'gap' ? state : reducer(state, item)
  }
}
