import { type Seed, TidingsError } from '@tidings/core'
import { type Cursor, parseCursor } from '@tidings/core/wire'
import { Folded } from '../folded.js'
import type { SignalOptions } from '../types/client.js'
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

/** A topic that is folded into one value. Its type is `TopicState` in `types/client.ts`. */
export class FoldedTopic extends Folded implements Subscriber {
  readonly wantsSnapshot = true
  error: TidingsError | undefined
  /** The position that the value has reached. Without it, the value needs a snapshot. */
  from: Cursor | undefined
  readonly #topic: FoldableTopic
  readonly #reducer: Reducer
  #readiness = new Readiness()
  #isEnded = false

  constructor(topic: FoldableTopic, reducer: Reducer, options: FoldOptions) {
    super(options)
    this.#topic = topic
    this.#reducer = topic.hasSnapshot && options.initial === undefined ? keepingSnapshot(reducer) : reducer
    const { seed, signal } = options
    if (seed) this.#apply({ type: 'snapshot', data: seed.value }, positionOf(seed))
    if (signal?.aborted) this.close()
  }

  get isCurrent(): boolean {
    return !this.#isEnded && this.#hasValue
  }

  get ready(): Promise<void> {
    try {
      this.start()
    } catch {
      // The promise rejects with the error.
    }
    return this.#readiness.promise
  }

  onEvent({ name, value, cursor }: Received): void {
    // After a snapshot that did not fit its schema, there is no state to fold events into.
    if (!this.#hasValue) return
    this.#fold({ type: name, data: value }, cursor)
  }

  onSnapshot(value: unknown, cursor: Cursor): void {
    this.#fold({ type: 'snapshot', data: value }, cursor)
  }

  onGap(gap: Gap): void {
    this.#fold({ type: 'gap', data: gap }, this.#topic.hasSnapshot ? undefined : parseCursor(gap.cursor))
  }

  onLive(position: Cursor | undefined): void {
    if (!this.#topic.hasSnapshot) this.from ??= position
    this.#readiness.live()
    if (!this.error && !this.#isEnded) return
    this.announce(this.#isEnded && this.#hasValue ? 'change' : 'any')
    this.error = undefined
    this.#isEnded = false
  }

  onDelayed(problem: TidingsError): boolean {
    this.error = problem
    this.announce('any')
    return this.notify('error', problem, { isFinal: false })
  }

  onEnded(problem?: TidingsError): void {
    this.ended()
    this.announce(this.isCurrent ? 'change' : 'any')
    this.#isEnded = true
    this.error = this.#readiness.ended(problem)
    if (problem && !this.notify('error', problem, { isFinal: true })) this.#topic.report(problem)
  }

  protected follow(): void {
    this.#readiness = new Readiness()
    try {
      this.#topic.attach(this)
    } catch (error) {
      this.#readiness.ended(error as TidingsError)
      throw error
    }
  }

  protected leave(isFinal: boolean): void {
    this.#isEnded ||= isFinal
    this.#readiness.left()
    this.#topic.detach(this)
  }

  protected run(event: string, callback: () => unknown): void {
    this.#topic.run(event, callback)
  }

  /** Whether events can be folded into the value. */
  get #hasValue(): boolean {
    return this.from !== undefined || !this.#topic.hasSnapshot
  }

  /** @param cursor the position that the value has reached then */
  #fold(item: LoopItem, cursor: Cursor | undefined): void {
    const { value, isCurrent } = this
    this.#apply(item, cursor)
    if (!Object.is(value, this.value) || isCurrent !== this.isCurrent) this.announce()
  }

  #apply(item: LoopItem, cursor: Cursor | undefined): void {
    let isFolded = this.#hasValue
    this.run(item.type, () => {
      this.value = this.#reducer(this.value, item)
      isFolded = true
    })
    // If the reducer threw at a snapshot, the value does not become current.
    this.from = isFolded ? cursor : undefined
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
