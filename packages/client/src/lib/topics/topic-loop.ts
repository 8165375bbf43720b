import type { TidingsError } from '@tidings/core'
import { type Cursor, formatCursor } from '@tidings/core/wire'
import { disposeSymbol } from '../disposable.js'
import { onAbort } from '../on-abort.js'
import type { Gap, Received, Subscriber } from './subscriber.js'

/** How many events wait for a loop before they are replaced by a gap. */
const maxQueued = 4_096

/** An item of a loop over a topic. */
export type LoopItem =
  | { readonly type: string; readonly data: unknown }
  | { readonly type: 'snapshot'; readonly data: unknown }
  | { readonly type: 'gap'; readonly data: Gap }

/** The topic that a loop subscribes to. */
export interface LoopTopic {
  attach(subscriber: Subscriber): void
  detach(subscriber: Subscriber): void
  /** Gives the subscriber a fresh snapshot, if the channel has one, before further events. */
  rejoin(subscriber: Subscriber): void
}

/**
 * A subscription that a `for await` loop reads: it begins with the first step, and ends when the loop is
 * left.
 */
export class TopicLoop implements AsyncIterableIterator<LoopItem, undefined>, Disposable, Subscriber {
  readonly wantsSnapshot = true
  readonly #topic: LoopTopic
  readonly #signal: AbortSignal | undefined
  #forget = () => {}
  readonly #queue: LoopItem[] = []
  #phase: 'new' | 'running' | 'over' = 'new'
  #failure: TidingsError | undefined
  #waiting: { resolve(): void }[] = []

  constructor(topic: LoopTopic, signal: AbortSignal | undefined) {
    this.#topic = topic
    this.#signal = signal
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<LoopItem, undefined>> {
    if (this.#phase === 'new') this.#start()
    while (this.#queue.length === 0 && this.#phase === 'running') {
      await new Promise<void>((resolve) => this.#waiting.push({ resolve }))
    }
    const item = this.#queue.shift()
    if (item) return { done: false, value: item }
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#queue.length = 0
    this.#end()
    return { done: true, value: undefined }
  }

  onEvent({ name, value, cursor }: Received): void {
    if (this.#queue.length >= maxQueued) this.#overflow(cursor)
    else this.#push({ type: name, data: value })
  }

  onSnapshot(value: unknown): void {
    this.#push({ type: 'snapshot', data: value })
  }

  onGap(gap: Gap): void {
    this.#push({ type: 'gap', data: gap })
  }

  onLive(): void {}

  onDelayed(): boolean {
    return false
  }

  /** The loop still reads the items that are queued. */
  onEnded(problem?: TidingsError): void {
    this.#failure = problem
    this.#end()
  }

  #start(): void {
    if (this.#signal?.aborted) {
      this.#phase = 'over'
      return
    }
    this.#topic.attach(this)
    this.#phase = 'running'
    this.#forget = onAbort(this.#signal, this.#leave)
  }

  /** Ends the loop, and drops the items that are queued. */
  [disposeSymbol](): void {
    this.#leave()
  }

  readonly #leave = () => {
    this.#queue.length = 0
    this.#end()
  }

  #end(): void {
    const wasRunning = this.#phase === 'running'
    this.#phase = 'over'
    this.#forget()
    if (wasRunning) this.#topic.detach(this)
    this.#settle()
  }

  #push(item: LoopItem): void {
    this.#queue.push(item)
    this.#settle()
  }

  #settle(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  /** Replaces the items that are queued by a gap. */
  #overflow(cursor: Cursor): void {
    this.#queue.length = 0
    this.#push({ type: 'gap', data: { reason: 'overflow', cursor: formatCursor(cursor) } })
    this.#topic.rejoin(this)
  }
}
