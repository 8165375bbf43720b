import type { RunEnd, RunEvent, RunReader } from './run-reader.js'

/** The most characters that wait for a loop, with the overhead of each event. Further ones wait on the server. */
const max = { length: 1024 * 1024, overhead: 100 }

/** Receives events as they arrive, instead of a loop. */
export interface RunSink {
  onEvent(event: RunEvent): void
  onEnded(end: RunEnd): void
}

export interface RunQueueCallbacks {
  /** Called when there is room again for the events that were left out. */
  onDrained(queue: RunQueue): void
  /** Called when the run has ended, or cannot be read any further. Events may be left in the queue. */
  onEnded(queue: RunQueue, end: RunEnd): void
  /** Called when the loop is left. */
  onLeft(queue: RunQueue): void
}

/** The events of a run that wait for their consumer: a loop or, once it is piped, a sink. */
export class RunQueue implements RunReader, AsyncIterableIterator<RunEvent, undefined> {
  readonly #callbacks: RunQueueCallbacks
  #items: { readonly event: RunEvent; readonly length: number }[] = []
  #length = 0
  #isFull = false
  #end: RunEnd | undefined
  #sink: RunSink | undefined
  #waiting: (() => void)[] = []

  constructor(callbacks: RunQueueCallbacks) {
    this.#callbacks = callbacks
  }

  get isFull(): boolean {
    return this.#isFull
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<RunEvent, undefined>> {
    while (this.#items.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    const item = this.#items.shift()
    if (item) {
      this.#length -= item.length
      if (this.#items.length === 0) this.#drained()
      return { done: false, value: item.event }
    }
    const end = this.#end
    this.#end = { status: 'done', output: undefined }
    if (end?.status === 'failed') throw end.error
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#callbacks.onLeft(this)
    return { done: true, value: undefined }
  }

  /** Passes all events on, beginning with those in the queue. */
  pipe(sink: RunSink): void {
    this.#sink = sink
    for (const { event } of this.#items) sink.onEvent(event)
    if (this.#end) sink.onEnded(this.#end)
    this.#clear()
    this.#drained()
  }

  onEvent(event: RunEvent, length: number): void {
    if (this.#sink) {
      this.#sink.onEvent(event)
      return
    }
    const item = { event, length: length + max.overhead }
    this.#items.push(item)
    this.#length += item.length
    this.#isFull = this.#length >= max.length
    this.#wake()
  }

  onEnded(end: RunEnd): void {
    this.#finish(end)
    this.#callbacks.onEnded(this, end)
  }

  /** Ends the reading, and drops the events that wait. */
  leave(end: RunEnd): void {
    this.#clear()
    if (!this.#end) this.#finish(end)
  }

  #finish(end: RunEnd): void {
    this.#end = end
    this.#sink?.onEnded(end)
    this.#wake()
  }

  #clear(): void {
    this.#items = []
    this.#length = 0
  }

  #drained(): void {
    if (!this.#isFull) return
    this.#isFull = false
    this.#callbacks.onDrained(this)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
