import { TidingsError } from '@tidings/core'
import { encodeSignal } from '@tidings/core/wire'
import type { RunSettings } from '../bind-handlers.js'
import { rejected } from '../ignorable.js'
import { Log } from '../log/log.js'
import { type Departure, Topic, type TopicOwner, type TopicReader } from '../log/topic.js'
import type { TopicHolder } from '../log/topic-limits.js'
import type { TopicRef } from '../log/topic-ref.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import { type Deferred, deferred } from './deferred.js'
import { cancelled, interrupted, readersLeft, runIsOver } from './run-errors.js'
import { failureFrame, overfullLength } from './run-log.js'
import { RunReaders } from './run-readers.js'
import type { RunRoom, WaitingRun } from './run-room.js'
import { type HostedLog, RunWriter } from './run-writer.js'

/** How far a handler may be ahead of its fastest reader, in characters. */
const aheadLength = 64 * 1024

const proceed = Promise.resolve()

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
export class Run implements TopicOwner, WaitingRun {
  readonly id: string
  readonly topic: Topic
  readonly path: string
  readonly starter: TopicHolder
  readonly fingerprint: string
  readonly #deps: RunDeps
  readonly #writer: RunWriter | undefined
  /** Its readers, on all nodes. */
  readonly readers: RunReaders
  readonly #controller = new AbortController()
  /** Whether an event was emitted. */
  hasBegun = false
  /** The public error that the run has ended with. */
  failure: TidingsError | undefined
  /**
   * Whether it was ended because the logs of all runs had reached their limit. Its log has only its end, which takes no
   * room: enough of them would fill it.
   */
  wasEndedForRoom = false
  /** Rejects each emit once the run is over. */
  #endReason: TidingsError | undefined
  #isOver = false
  /** About how far the log is ahead of the fastest reader, in characters: never less than it is. */
  #ahead = 0
  /** Set while the handler has to wait. */
  #held: Deferred | undefined

  constructor(ref: TopicRef, deps: RunDeps) {
    this.#deps = deps
    this.id = deps.id
    this.path = deps.path
    this.starter = deps.starter
    this.fingerprint = deps.fingerprint
    this.topic = new Topic(ref, new Log(deps.epoch, ref.channel.history, ref.channel.delivery), this)
    this.readers = new RunReaders(this.topic.readers, deps.settings.lingerMs, {
      onChanged: () => this.reconsider(),
      onAbandoned: () => this.stop(cancelled('The run was ended: its last reader left')),
    })
    this.#writer =
      deps.hosted &&
      new RunWriter(deps.hosted, {
        onAppended: (event, body) => this.#append(event, body),
        onProgress: () => this.reconsider(),
        onLost: () => this.interrupt(),
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
    const length = this.topic.log.length + (this.#writer?.pendingLength ?? 0)
    if (this.#held && length > this.#deps.settings.maxBytes + overfullLength) {
      return rejected(this.#overflow('Await each emit'))
    }
    this.hasBegun = true
    this.#write(event, body)
    // A handler that does not await its emits makes the log longer while it is held.
    if (this.#held) this.#endIfStuck()
    else if (this.#mustWait()) this.#hold()
    // It may have ended the run.
    return this.#isOver ? this.#rejected() : (this.#held?.promise ?? proceed)
  }

  /** Appends the output, encoded, and ends the run. */
  finish(output: unknown): void {
    if (this.isOver) return
    this.#held?.resolve()
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

  /** Lets the handler go on if nothing holds it any more. */
  reconsider(): void {
    if (!this.#held) return
    if (this.#mustWait()) {
      this.#endIfStuck()
      return
    }
    // The room that it gave back may have made it reconsider already.
    const held = this.#held
    if (!held) return
    this.#held = undefined
    this.topic.onRead = undefined
    this.#deps.room.stopWaiting(this)
    held.resolve()
  }

  /** Drops the log of a run that has ended. */
  drop(): void {
    const { topic } = this
    if (!this.wasEndedForRoom) this.#deps.room.give(topic.log.length)
    topic.isDropped = true
    for (const reader of [...topic.readers]) reader.onDropped()
  }

  get stuckLength(): number {
    const { settings } = this.#deps
    const isStuck = this.readers.count === 0 && settings.lingerMs === Number.POSITIVE_INFINITY
    return isStuck && !this.#waitsForBus ? this.topic.log.length : 0
  }

  endForRoom(limit: number): void {
    const { room } = this.#deps
    this.wasEndedForRoom = true
    room.stopWaiting(this)
    // Before the end is appended, which stays in the log for readers.
    this.#dropThrough(this.topic.log.head, 0)
    const what = `The logs of all runs have reached runBytes, ${limit} characters, and wait for each other without readers`
    this.#endAsTooLarge(
      `${what}. The run of ${this.path} had the longest log and was ended. Raise limits.runBytes, or set a lingerMs`,
      `The server ran out of room for the events of ${this.path}, which were not read. The run was ended`,
    )
  }

  #hold(): void {
    this.#held = deferred()
    this.topic.onRead = () => this.reconsider()
    this.#deps.room.wait(this)
    this.#endIfStuck()
  }

  /** Ends a run that would wait for ever: it requires no reader, and its log or the logs of all are full. */
  #endIfStuck(): void {
    const length = this.stuckLength
    if (length > this.#deps.settings.maxBytes) {
      this.#overflow('Raise maxBytes, or emit less while the run has no reader')
    } else if (length > 0) this.#deps.room.endStuck()
  }

  /** Whether the bus is behind. */
  get #waitsForBus(): boolean {
    return this.#writer !== undefined && this.#writer.pendingLength > aheadLength
  }

  #mustWait(): boolean {
    if (this.#waitsForBus) return true
    const { log } = this.topic
    if (this.#isFull()) {
      this.#dropRead(Math.min(log.length, this.#deps.settings.maxBytes) * 0.75)
      // The rest that was read makes room for others.
      if (this.#isFull()) this.#dropRead(0)
      if (this.#isFull()) return true
    }
    if (this.#ahead <= aheadLength || this.readers.count === 0) return false
    this.#ahead = log.lengthAfter(this.readers.farthest)
    return this.#ahead > aheadLength
  }

  #isFull(): boolean {
    const { settings, room } = this.#deps
    return this.topic.log.length > settings.maxBytes || !room.hasRoom()
  }

  /** Drops events that the fastest reader has read, until the log is no longer than so many characters. */
  #dropRead(length: number): void {
    this.#dropThrough(this.readers.farthest, length)
  }

  /** Drops events up to a position, until the log is no longer than so many characters. */
  #dropThrough(seq: number, length: number): void {
    const { log } = this.topic
    const before = log.length
    log.dropThrough(seq, length)
    if (log.length === before) return
    this.#writer?.drop(log.floor)
    this.#deps.room.give(before - log.length)
  }

  #overflow(advice: string): TidingsError {
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
    if (this.#held) this.#held.reject(this.#reason())
    this.#held = undefined
    this.topic.onRead = undefined
    this.#deps.room.stopWaiting(this)
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
    const { writes, room } = this.#deps
    const { log } = this.topic
    const length = log.append(event, body, writes.turnTime)
    this.#ahead += length
    // The bus may have been behind when the run was ended.
    if (this.wasEndedForRoom) log.dropThrough(log.head - 1, 0)
    else room.take(length)
    writes.add(this.topic, length)
    if (this.hasEnded) this.#deps.onEnded(this)
  }
}
