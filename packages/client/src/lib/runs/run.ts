import { isTidingsError, TidingsError } from '@tidings/core'
import { type CompiledStream, isRunId } from '@tidings/core/wire'
import { attempt } from '../calls/attempts.js'
import { encodeInput, newKey } from '../calls/call.js'
import { elapsedMs } from '../connection/clock.js'
import { abortError } from '../connection/failures.js'
import { postJson } from '../connection/request.js'
import { disposeSymbol } from '../disposable.js'
import { type LinkedAbort, linkedAbort } from '../linked-abort.js'
import type { SignalOptions } from '../types/client.js'
import { FoldedRun, type RunReducer } from './folded-run.js'
import { RunQueue, type RunQueueCallbacks } from './run-queue.js'
import type { RunEnd, RunEvent, RunReader } from './run-reader.js'
import type { RunTopic } from './run-topic.js'
import { firstAttemptMs, type RunStarter, startRun } from './start-run.js'

/** The runs on a client's connection. */
export interface Runs extends RunStarter {
  /** Fires when the client is closed. */
  readonly closing: AbortSignal
  /** Attaches a reader to a run, which all readers of its id share. */
  readRun(stream: CompiledStream, id: string, phase: 'starting' | 'attaching', reader: RunReader): RunTopic
}

const dropped = { onEvent() {}, onEnded() {} }

/**
 * One attachment to a run. Its types are `Run` in `types/client.ts`. Until a consumer comes, events wait in a queue,
 * which the first consumer takes over. Each further one reads the run from the beginning.
 */
export class UntypedRun implements AsyncIterable<RunEvent>, RunQueueCallbacks, Disposable {
  readonly id: string
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
  /** The queues that loops and states read. */
  readonly #consumed = new Set<RunQueue>()
  #end: RunEnd | undefined

  private constructor(runs: Runs, stream: CompiledStream, id: string, signal: AbortSignal | undefined) {
    this.id = id
    this.#runs = runs
    this.#stream = stream
    this.#settle = { resolve: () => {}, reject: () => {} }
    this.#output = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // A caller that only iterates, or only awaits the output, receives a failure there.
    this.#output.catch(() => {})
    this.#abort = linkedAbort(signal)
    this.#abort.signal.addEventListener('abort', () => this.#leave())
  }

  static start(
    runs: Runs,
    stream: CompiledStream,
    input: unknown,
    signal: AbortSignal | undefined,
  ): UntypedRun {
    const run = new UntypedRun(runs, stream, newKey(), signal)
    run.#begin(() => {
      const json = encodeInput(stream, input)
      const topic = run.#open('starting')
      run.#started = startRun(runs, stream, run.id, json, topic)
    })
    return run
  }

  static attach(runs: Runs, stream: CompiledStream, id: string, signal: AbortSignal | undefined): UntypedRun {
    const run = new UntypedRun(runs, stream, id, signal)
    run.#begin(() => {
      if (!isRunId(id)) throw malformedId(id)
      run.#open('attaching')
    })
    return run
  }

  /** Resolves with the output. Without a consumer, drops the events. */
  get output(): Promise<unknown> {
    queueMicrotask(() => this.#takeSpare()?.pipe(dropped))
    return this.#output
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent, undefined> {
    return this.#consume()
  }

  state(reducer: RunReducer, options: SignalOptions & { initial: unknown }): FoldedRun {
    const queue = this.#consume()
    const at = { channel: this.#stream.path, topic: `$run=${this.id}` }
    const folded = new FoldedRun(this.#runs, at, reducer, options, () => this.onLeft(queue))
    queue.pipe(folded)
    return folded
  }

  /** Ends the run on the server, unless it is over. */
  async cancel(): Promise<void> {
    const { options, closing: signal } = this.#runs
    const { timeoutMs } = options
    await this.#started
    if (this.#end && !this.#abort.signal.aborted) return
    const time = { signal, timeoutMs, endsAt: elapsedMs() + timeoutMs, firstMs: firstAttemptMs }
    try {
      await attempt(options, time, (own) => postJson(options, `$runs/${this.id}`, undefined, own))
    } catch (error) {
      // The run is over, and not kept any more.
      if (!isTidingsError(error) || error.code !== 'not_found') throw error
    }
  }

  /** Detaches from the run, and rejects the output with `aborted`. */
  [disposeSymbol](): void {
    this.#abort.abort()
  }

  onDrained(queue: RunQueue): void {
    this.#topics.get(queue)?.resume(queue)
  }

  onEnded(queue: RunQueue, end: RunEnd): void {
    this.#topics.delete(queue)
    this.#consumed.delete(queue)
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
    this.#consumed.delete(queue)
    if (this.#consumed.size === 0 && !this.#end) this.#abort.abort()
  }

  /** Fails the run if it cannot be requested. */
  #begin(request: () => void): void {
    try {
      if (this.#abort.signal.aborted) throw abortError(this.#abort.signal)
      request()
    } catch (error) {
      if (!isTidingsError(error)) throw error
      this.#spare = new RunQueue(this)
      this.#spare.onEnded({ status: 'failed', error })
    }
  }

  #open(phase: 'starting' | 'attaching'): RunTopic {
    const queue = new RunQueue(this)
    this.#spare = queue
    const topic = this.#runs.readRun(this.#stream, this.id, phase, queue)
    this.#topics.set(queue, topic)
    return topic
  }

  #consume(): RunQueue {
    if (!this.#spare) {
      if (this.#end?.status === 'failed') throw this.#end.error
      this.#open('attaching')
    }
    const queue = this.#takeSpare() as RunQueue
    this.#consumed.add(queue)
    return queue
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

  #detach(queue: RunQueue): void {
    this.#topics.get(queue)?.remove(queue)
    this.#topics.delete(queue)
    queue.leave(this.#aborted)
  }

  get #aborted(): RunEnd {
    return { status: 'failed', error: abortError(this.#abort.signal) }
  }
}

function malformedId(id: string): TidingsError {
  const message = `The id of a run is ${JSON.stringify(id)}. Give the id of a run that was started`
  return new TidingsError({ code: 'invalid_input', message })
}
