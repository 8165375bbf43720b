import { TidingsError } from '@tidings/core'
import { type CompiledStream, parseJson } from '@tidings/core/wire'
import { ignorable } from '../ignorable.js'
import { missedError } from '../log/start.js'
import type { ReaderConnection, Topic, TopicReader } from '../log/topic.js'
import type { TopicHolder } from '../log/topic-limits.js'
import { onAbort } from '../on-abort.js'
import { abortError, receivedError } from './call.js'

/** An event of a run, as a loop yields it. */
export interface RunEvent {
  readonly type: string
  readonly data: unknown
}

/** A run that has begun, with the client that reads it. */
export interface BegunRun {
  readonly topic: Topic
  readonly holder: TopicHolder
}

export interface LocalRunDeps {
  readonly id: string
  readonly compiled: CompiledStream
  /** Fires when the caller leaves. */
  readonly signal: AbortSignal
  readonly begun: Promise<BegunRun>
  cancel(): void
}

/** A run that this program reads. Its type is in `types/local.ts`. */
export class LocalRun implements AsyncIterable<RunEvent> {
  readonly id: string
  readonly output: Promise<unknown>
  readonly #reader: LocalReader

  constructor(deps: LocalRunDeps) {
    this.id = deps.id
    this.#reader = new LocalReader(deps)
    this.output = this.#reader.output
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel()
  }

  [Symbol.asyncIterator](): AsyncIterator<RunEvent, undefined> {
    return new RunLoop(this.#reader)
  }
}

/**
 * Reads a run for the loops of this program: its position is that of the loop that is ahead. Without a loop, it drops
 * what arrives.
 */
class LocalReader implements TopicReader, ReaderConnection {
  readonly output: Promise<unknown>
  readonly connection: ReaderConnection = this
  readonly compiled: CompiledStream
  holder: TopicHolder = { address: undefined, principal: undefined }
  readonly #deps: LocalRunDeps
  readonly #loops = new Set<RunLoop>()
  #topic: Topic | undefined
  /** How far the events were dropped. */
  #dropped = 0
  #isJoined = false
  #isOver = false
  #failure: { readonly error: unknown } | undefined
  #resolve: (output: unknown) => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(deps: LocalRunDeps) {
    this.#deps = deps
    this.compiled = deps.compiled
    const output = new Promise<unknown>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.output = ignorable(output)
    const unfollow = onAbort(deps.signal, () => this.fail(abortError(deps.signal)))
    this.output.then(unfollow, unfollow)
    deps.begun.then(
      (run) => this.#onBegun(run),
      (error: unknown) => this.fail(error),
    )
  }

  get position(): number {
    return this.#loops.size === 0 ? this.#dropped : Math.max(...[...this.#loops].map(({ seq }) => seq))
  }

  get hasMore(): boolean {
    return true
  }

  async cancel(): Promise<void> {
    await this.#deps.begun.catch(() => {})
    this.#deps.cancel()
  }

  /** Called when the run has appended events. There is nothing to flush. */
  enqueue(): boolean {
    this.#onNews()
    return false
  }

  flush(): void {}

  onRestarted(): void {
    this.fail(missedError('history_lost'))
  }

  onDropped(): void {
    this.fail(missedError('expired'))
  }

  add(loop: RunLoop): void {
    this.#loops.add(loop)
    this.#join()
  }

  /** Removes a loop. The last one detaches from a run that goes on. */
  remove(loop: RunLoop): void {
    if (!this.#loops.delete(loop) || this.#loops.size > 0) return
    if (!this.#isOver)
      this.fail(new TidingsError({ code: 'aborted', message: 'The last loop over the run was left' }))
    this.#leave()
  }

  /**
   * Returns what follows a position: an event, `done`, or undefined if there is nothing yet.
   *
   * @throws the failure of the run, or of reading it
   */
  read(seq: number): { readonly seq: number; readonly event: RunEvent } | 'done' | undefined {
    if (this.#failure) throw this.#failure.error
    const topic = this.#topic
    if (!topic) return undefined
    const { log } = topic
    // The readers of a topic are told at the end of the turn.
    if (log.hasEnded && !this.#isOver) this.#onEnded(topic)
    if (!log.reaches(seq)) throw missedError('expired')
    const next = log.eventAfter(seq)
    if (!next) return undefined
    if (next.event === '$output') return 'done'
    const what = `${next.event} of ${this.compiled.path}`
    const json = parseJson(next.data, what)
    if (next.event === '$error') throw receivedError(this.compiled, json)
    const data = this.compiled.events.get(next.event)?.decode(json, what, 'invalid_output')
    return { seq: next.seq, event: { type: next.event, data } }
  }

  /** Called when a loop has taken an event. */
  onRead(): void {
    this.#topic?.onRead?.()
  }

  /** Ends the reading for a reason that is not in the log. */
  fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = { error }
    this.#reject(error)
    this.#wake()
    this.#leave()
  }

  #onBegun({ topic, holder }: BegunRun): void {
    this.#topic = topic
    this.holder = holder
    this.#join()
    // The caller has left already: the run is not waited for.
    if (this.#failure) this.#leave()
    else this.#onNews()
  }

  #onNews(): void {
    const topic = this.#topic
    if (!topic || this.#isOver) return
    if (topic.log.hasEnded) this.#onEnded(topic)
    if (this.#loops.size === 0) {
      this.#dropped = topic.log.head
      this.onRead()
    }
    this.#wake()
  }

  #onEnded({ log }: Topic): void {
    this.#isOver = true
    try {
      const last = log.eventAfter(log.head - 1)
      if (last?.event !== '$output') {
        this.read(log.head - 1)
        throw missedError('history_lost')
      }
      const what = `the output of ${this.compiled.path}`
      this.#resolve(this.compiled.output.decode(parseJson(last.data, what), what, 'invalid_output'))
    } catch (error) {
      this.#reject(error)
    }
    if (this.#loops.size === 0) this.#leave()
  }

  #wake(): void {
    for (const loop of [...this.#loops]) loop.onNews()
  }

  #join(): void {
    const topic = this.#topic
    if (!topic || this.#isJoined || topic.isDropped) return
    this.#isJoined = true
    topic.owner.join(topic, this)
  }

  #leave(): void {
    const topic = this.#topic
    if (!topic || !this.#isJoined) return
    this.#isJoined = false
    topic.owner.leave(topic, this, 'detached')
  }
}

/** A loop over a run, from its beginning. */
class RunLoop implements AsyncIterator<RunEvent, undefined> {
  /** The position of the last event that the loop has taken. */
  seq = 0
  readonly #reader: LocalReader
  #onNews: (() => void) | undefined

  constructor(reader: LocalReader) {
    this.#reader = reader
    reader.add(this)
  }

  onNews(): void {
    this.#onNews?.()
  }

  async next(): Promise<IteratorResult<RunEvent, undefined>> {
    try {
      for (;;) {
        const read = this.#reader.read(this.seq)
        if (read === 'done') return await this.return()
        if (read) {
          this.seq = read.seq
          this.#reader.onRead()
          return { done: false, value: read.event }
        }
        await new Promise<void>((resolve) => {
          this.#onNews = resolve
        })
      }
    } catch (error) {
      this.#reader.remove(this)
      throw error
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#reader.remove(this)
    return { done: true, value: undefined }
  }
}
