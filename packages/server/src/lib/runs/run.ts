import { TidingsError } from '@tidings/core'
import { encodeSignal } from '@tidings/core/wire'
import type { RunSettings } from '../bind-handlers.js'
import { rejected } from '../ignorable.js'
import { Log } from '../log/log.js'
import { type Departure, Topic, type TopicOwner, type TopicReader } from '../log/topic.js'
import type { TopicHolder } from '../log/topic-limits.js'
import type { TopicRef } from '../log/topic-ref.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import { Backpressure } from './backpressure.js'
import { cancelled, interrupted, readersLeft, runIsOver } from './run-errors.js'
import { failureFrame } from './run-log.js'
import { RunReaders } from './run-readers.js'
import type { RunRoom } from './run-room.js'
import { type HostedLog, RunWriter } from './run-writer.js'

export interface RunDeps {
  readonly id: string
  readonly epoch: string
  /** Its log on the bus; absent without a bus. */
  readonly hosted: HostedLog | undefined
  readonly settings: RunSettings
  /** The path of the stream. */
  readonly path: string
  /** The client that started the run. */
  readonly starter: TopicHolder
  /** A hash of the input. */
  readonly fingerprint: string
  readonly writes: WriteBatcher
  readonly room: RunRoom
  /** Called when the run has ended. */
  onEnded(run: Run): void
  /** Reports an error of the handler that clients must not see. */
  report(error: TidingsError): void
}

/**
 * One run of a stream: its log, its readers, and its end.
 *
 * The log keeps every event, within `maxBytes`. So a reader may attach or return at any time, and reads what it
 * misses as any subscriber of a topic does. With a bus, an event is appended once the log on the bus has it.
 */
export class Run implements TopicOwner {
  readonly id: string
  readonly topic: Topic
  readonly path: string
  readonly starter: TopicHolder
  readonly fingerprint: string
  readonly #deps: RunDeps
  readonly #writer: RunWriter | undefined
  /** Its readers, on all nodes. */
  readonly readers: RunReaders
  readonly #backpressure: Backpressure
  readonly #controller = new AbortController()
  /** Whether an event was emitted. */
  hasBegun = false
  /** The public error that the run has ended with. */
  failure: TidingsError | undefined
  /** Rejects each emit once the run is over. */
  #endReason: TidingsError | undefined
  #isOver = false

  constructor(ref: TopicRef, deps: RunDeps) {
    this.#deps = deps
    this.id = deps.id
    this.path = deps.path
    this.starter = deps.starter
    this.fingerprint = deps.fingerprint
    this.topic = new Topic(ref, new Log(deps.epoch, ref.channel.history, ref.channel.delivery), this)
    this.readers = new RunReaders(this.topic.readers, deps.settings.lingerMs, {
      onChanged: () => this.#backpressure.reconsider(),
      onAbandoned: () => this.stop(cancelled('The run was ended: its last reader left')),
    })
    this.#writer =
      deps.hosted &&
      new RunWriter(deps.hosted, {
        onAppended: (event, body) => this.#append(event, body),
        onProgress: () => this.#backpressure.reconsider(),
        onLost: () => this.interrupt(),
      })
    this.#backpressure = new Backpressure({
      topic: this.topic,
      readers: this.readers,
      writer: this.#writer,
      settings: deps.settings,
      room: deps.room,
      onFull: () => this.#endAsFull('Raise maxBytes, or emit less while the run has no reader'),
      onEndedForRoom: (limit) => this.#endForRoom(limit),
    })
  }

  /** The principal that started the run. */
  get startedBy(): string | undefined {
    return this.starter.principal
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Fires when the run is stopped. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Whether it was ended to make room for the logs of other runs. */
  get wasEndedForRoom(): boolean {
    return this.#backpressure.wasEndedForRoom
  }

  /** Whether its last frame was appended. */
  get hasEnded(): boolean {
    return this.topic.log.hasEnded
  }

  /**
   * Appends an event. Resolves when the handler may go on.
   *
   * Rejects if the event was not appended: with `closed` after the end of the run, `aborted` once it was stopped,
   * `too_large` if the log is full, which ends the run. The promise is safe to ignore.
   */
  emit(event: string, body: string): Promise<void> {
    if (this.#isOver) return this.#rejected()
    if (this.#backpressure.isIgnored) return rejected(this.#endAsFull('Await each emit'))
    this.hasBegun = true
    this.#write(event, body)
    this.#backpressure.onEmitted()
    // It may have ended the run.
    return this.#isOver ? this.#rejected() : this.#backpressure.ready
  }

  /** Appends the output, encoded, and ends the run. */
  finish(output: unknown): void {
    if (this.isOver) return
    this.#backpressure.resume()
    this.#end('$output', encodeSignal('$output', output))
  }

  /** Appends a public error and ends the run. Later emits reject with `reason`. */
  fail(error: TidingsError, reason?: TidingsError): void {
    if (this.isOver) return
    this.failure = error
    this.#end('$error', failureFrame(this.topic.key, error), reason)
  }

  /** Ends the run, and fires the signal of its handler with `reason`. */
  stop(error: TidingsError, reason = readersLeft()): void {
    if (this.isOver) return
    this.fail(error, reason)
    this.#controller.abort(reason)
  }

  /** Ends the run on this node alone, and fires the signal of its handler: its log on the bus is lost. */
  interrupt(): void {
    if (this.hasEnded) return
    const reason = interrupted()
    this.failure = reason
    this.#writer?.stop()
    this.#close(this.#endReason ?? reason)
    this.#append('$error', failureFrame(this.topic.key, reason))
    this.#controller.abort(reason)
  }

  /** Resolves when the log on the bus has everything. */
  async flushed(): Promise<void> {
    await this.#writer?.flushed()
  }

  join(topic: Topic, reader: TopicReader): void {
    topic.readers.add(reader)
    this.readers.onJoined()
  }

  leave(topic: Topic, reader: TopicReader, how: Departure): void {
    topic.readers.delete(reader)
    this.readers.onLeft(how)
  }

  onWritten({ log }: Topic, now: number): void {
    log.trim(now)
  }

  /** Drops the log of a run that has ended. */
  drop(): void {
    const { topic } = this
    this.#backpressure.drop()
    topic.isDropped = true
    for (const reader of [...topic.readers]) reader.onDropped()
  }

  #endForRoom(limit: number): void {
    const what = `The logs of all runs have reached runBytes, ${limit} characters, and wait for each other without readers`
    this.#endAsTooLarge(
      `${what}. The run of ${this.path} had the longest log and was ended. Raise limits.runBytes, or set a lingerMs`,
      `The server ran out of room for the events of ${this.path}, which were not read. The run was ended`,
    )
  }

  #endAsFull(advice: string): TidingsError {
    const { settings } = this.#deps
    const detail = `The log of a run of ${this.path} has reached its limit of ${settings.maxBytes} characters and its readers do not keep up. The run was ended. ${advice}`
    const message = `The events of ${this.path} arrived faster than they were read. The run was ended`
    return this.#endAsTooLarge(detail, message)
  }

  #endAsTooLarge(detail: string, message: string): TidingsError {
    const overflow = new TidingsError({ code: 'too_large', message: detail })
    this.#deps.report(overflow)
    this.stop(new TidingsError({ code: 'too_large', message }), overflow)
    return overflow
  }

  #end(event: '$output' | '$error', body: string, reason?: TidingsError): void {
    this.#close(reason)
    this.#write(event, body)
  }

  /** Accepts no more events. */
  #close(reason: TidingsError | undefined): void {
    this.#isOver = true
    this.#endReason = reason
    this.readers.stop()
    this.#backpressure.stop(() => this.#reason())
  }

  /** Returns why an emit after the end rejects. Made on demand: most runs have none. */
  #reason(): TidingsError {
    this.#endReason ??= runIsOver(this.path)
    return this.#endReason
  }

  #rejected(): Promise<never> {
    return rejected(this.#reason())
  }

  #write(event: string, body: string): void {
    if (this.#writer) this.#writer.append(event, body)
    else this.#append(event, body)
  }

  #append(event: string, body: string): void {
    const { writes } = this.#deps
    const length = this.topic.log.append(event, body, writes.turnTime)
    this.#backpressure.onAppended(length)
    writes.add(this.topic, length)
    if (this.hasEnded) this.#deps.onEnded(this)
  }
}
