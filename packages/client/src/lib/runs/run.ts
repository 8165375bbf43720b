import type { TidingsError } from '@tidings/core'
import type { CompiledStream, Cursor } from '@tidings/core/wire'
import type { LinkedAbort } from '../linked-abort.js'
import type { ResolvedOptions } from '../options/resolved-options.js'
import { parts } from './parts.js'
import { RunQueue, type RunQueueCallbacks, type RunSink } from './run-queue.js'
import type { RunEnd } from './run-reader.js'
import { RunTopic, type RunTopicDeps } from './run-topic.js'
import { firstAttemptMs, type RunStarter, startRun } from './start-run.js'

export { setParts } from './parts.js'

/** The client that reads runs. */
export interface Runs extends RunStarter, RunTopicDeps {
  readonly options: ResolvedOptions
  /** Fires when the client is closed. */
  readonly closing: AbortSignal
  /** The topics and runs on the client's connection, by key. */
  readonly topics: ReadonlyMap<string, unknown>
  /** Adds a run to the connection, and opens it. */
  carry(run: RunTopic): void
}

const dropped = { onEvent() {}, onEnded() {} }

/**
 * One attachment to a run. Its types are `Run` in `types/client.ts`. Until a consumer comes, events wait in a queue,
 * which the first consumer takes over. Each further one reads the run from the beginning.
 */
export class UntypedRun implements RunQueueCallbacks {
  readonly #id: string
  readonly #runs: Runs
  readonly #stream: CompiledStream
  readonly #abort: LinkedAbort
  readonly #output: Promise<unknown>
  /** Resolves when the start was answered, or given up. */
  #started: Promise<void> | undefined
  #settle: { resolve(output: unknown): void; reject(error: unknown): void }
  readonly #topics = new Map<RunQueue, RunTopic>()
  /** The first queue, until it has a consumer. */
  #spare: RunQueue | undefined
  /** The queues that loops and states read, and the states that may begin to. */
  readonly #consumers = new Set<object>()
  #end: RunEnd | undefined
  /** Whether the run was detached from by its last state, which may come back. */
  #mayReturn = false

  /** @throws TidingsError the reason of `abort` if it has fired */
  private constructor(runs: Runs, stream: CompiledStream, id: string, abort: LinkedAbort) {
    if (abort.signal.aborted) throw parts.abortError(abort.signal)
    this.#id = id
    this.#runs = runs
    this.#stream = stream
    this.#settle = { resolve: () => {}, reject: () => {} }
    this.#output = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // A caller that only iterates, or only awaits the output, receives a failure there.
    this.#output.catch(() => {})
    this.#abort = abort
    abort.signal.addEventListener('abort', () => this.#leave())
  }

  static start(
    runs: Runs,
    stream: CompiledStream,
    id: string,
    input: unknown,
    abort: LinkedAbort,
  ): UntypedRun {
    const run = new UntypedRun(runs, stream, id, abort)
    run.#started = startRun(runs, stream, id, input, run.#open('starting'))
    return run
  }

  /** @throws TidingsError `invalid_input` for text that is not the id of a run */
  static attach(runs: Runs, stream: CompiledStream, id: string, abort: LinkedAbort): UntypedRun {
    if (!parts.isRunId(id)) throw malformedId(id)
    return new UntypedRun(runs, stream, id, abort)
  }

  /** Resolves with the output. Without a consumer, drops the events. */
  get output(): Promise<unknown> {
    queueMicrotask(() => {
      try {
        if (!this.#end && this.#topics.size === 0) this.#open('attaching')
        this.#takeSpare()?.pipe(dropped)
      } catch (error) {
        this.#finish({ status: 'failed', error: error as TidingsError })
      }
    })
    return this.#output
  }

  /** Returns a queue of the events from a position, by default of all, for a loop to read. */
  consume(from?: Cursor): RunQueue {
    if (!this.#spare) {
      if (this.#end?.status === 'failed' && !this.#mayReturn) throw this.#end.error
      this.#open('attaching', from)
    }
    const queue = this.#takeSpare() as RunQueue
    this.#consumers.add(queue)
    return queue
  }

  /** Stays attached to the run for a state that may come to read it. */
  hold(state: object): void {
    this.#consumers.add(state)
  }

  /** Detaches from the run, unless it has other consumers. */
  release(state: object): void {
    this.#mayReturn = true
    this.#leaveIfLast(state)
  }

  /**
   * Passes the events from a position to a state. Returns a function that ends this, and returns the position that the
   * state has reached.
   */
  pipe(state: RunSink, from: Cursor | undefined): () => Cursor | undefined {
    const queue = this.consume(from)
    this.#consumers.delete(state)
    queue.pipe(state)
    return () => {
      const position = this.#detach(queue)
      this.release(queue)
      return position
    }
  }

  /** Ends the run on the server, unless it is over. */
  async cancel(): Promise<void> {
    const { options, closing: signal } = this.#runs
    const { timeoutMs } = options
    await this.#started
    if (this.#end && !this.#abort.signal.aborted) return
    const time = { signal, timeoutMs, endsAt: parts.elapsedMs() + timeoutMs, firstMs: firstAttemptMs }
    try {
      await parts.attempt(options, time, (own) =>
        parts.postJson(options, `$runs/${this.#id}`, undefined, own),
      )
    } catch (error) {
      // The run is over, and not kept any more.
      if (!parts.isTidingsError(error) || error.code !== 'not_found') throw error
    }
  }

  onDrained(queue: RunQueue): void {
    this.#topics.get(queue)?.resume(queue)
  }

  onEnded(queue: RunQueue, end: RunEnd): void {
    this.#topics.delete(queue)
    this.#consumers.delete(queue)
    // Events are gone that only this loop has not received: the others go on.
    const isGone = end.status === 'failed' && end.error.code === 'gone'
    if (!isGone || this.#topics.size === 0) this.#finish(end)
  }

  #finish(end: RunEnd): void {
    if (this.#end) return
    this.#end = end
    this.#abort.unlink()
    if (end.status === 'done') this.#settle.resolve(end.output)
    else this.#settle.reject(end.error)
  }

  onLeft(queue: RunQueue): void {
    this.#detach(queue)
    this.#leaveIfLast(queue)
  }

  #leaveIfLast(consumer: object): void {
    this.#consumers.delete(consumer)
    if (this.#consumers.size === 0 && !this.#end) this.#abort.abort()
  }

  /** @throws TidingsError `closed` if the client is */
  #open(phase: 'starting' | 'attaching', from?: Cursor): RunTopic {
    const queue = new RunQueue(this)
    const runs = this.#runs
    const known = runs.topics.get(parts.runKey(this.#stream.path, this.#id))
    const topic = known instanceof RunTopic ? known : new RunTopic(runs, this.#stream, this.#id, phase)
    runs.carry(topic)
    topic.add(queue, from)
    this.#spare = queue
    this.#topics.set(queue, topic)
    return topic
  }

  #takeSpare(): RunQueue | undefined {
    const queue = this.#spare
    this.#spare = undefined
    return queue
  }

  #leave(): void {
    for (const queue of [...this.#topics.keys()]) this.#detach(queue)
    this.#finish(this.#aborted)
  }

  /** Returns the position that the reader of the queue has reached. */
  #detach(queue: RunQueue): Cursor | undefined {
    const position = this.#topics.get(queue)?.remove(queue)
    this.#topics.delete(queue)
    queue.leave(this.#aborted)
    return position
  }

  get #aborted(): RunEnd {
    return { status: 'failed', error: parts.abortError(this.#abort.signal) }
  }
}

function malformedId(id: string): TidingsError {
  const message = `The id of a run is ${JSON.stringify(id)}. Give the id of a run that was started`
  return new parts.TidingsError({ code: 'invalid_input', message })
}
