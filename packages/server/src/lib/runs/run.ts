import { TidingsError } from '@tidings/core'
import { encodeSignal, maxTimerMs, toProblem } from '@tidings/core/wire'
import type { RunSettings } from '../bind-handlers.js'
import { rejected } from '../ignorable.js'
import { Log } from '../log/log.js'
import { type Departure, Topic, type TopicOwner, type TopicReader } from '../log/topic.js'
import type { TopicHolder } from '../log/topic-limits.js'
import type { TopicRef } from '../log/topic-ref.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import { type Deferred, deferred } from './deferred.js'
import { cancelled, readersLeft, runIsOver } from './run-errors.js'
import type { RunRoom } from './run-room.js'

/** How far a handler may be ahead of its fastest reader, in characters. */
const aheadLength = 64 * 1024

/** How much a handler that does not await its emits may append beyond the bound of the log, in characters. */
const overfullLength = 1024 * 1024

/** The least time for the first reader to attach, in milliseconds. */
const firstReaderMs = 5_000

const proceed = Promise.resolve()

export interface RunDeps {
  readonly epoch: string
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
 * misses as any subscriber of a topic does.
 */
export class Run implements TopicOwner {
  readonly topic: Topic
  readonly path: string
  readonly starter: TopicHolder
  readonly fingerprint: string
  readonly #deps: RunDeps
  readonly #controller = new AbortController()
  /** The public error that the run has ended with. */
  failure: TidingsError | undefined
  /** Rejects each emit once the run is over. */
  #endReason: TidingsError | undefined
  /** About how far the log is ahead of the fastest reader, in characters: never less than it is. */
  #ahead = 0
  /** Set while the handler has to wait. */
  #held: Deferred | undefined
  /** The number of readers that may come or return: the first one, and those that were lost. */
  #awaited = 1
  /** Until when they may, in milliseconds of a monotonic clock. */
  #awaitedUntil: number
  #linger: Timer | undefined

  constructor(ref: TopicRef, deps: RunDeps) {
    this.#deps = deps
    this.path = deps.path
    this.starter = deps.starter
    this.fingerprint = deps.fingerprint
    this.topic = new Topic(ref, new Log(deps.epoch, ref.channel.history, ref.channel.delivery), this)
    this.#awaitedUntil = performance.now() + Math.max(deps.settings.lingerMs, firstReaderMs)
    this.#awaitReaders()
  }

  get isOver(): boolean {
    return this.#endReason !== undefined
  }

  /** Fires when the run is stopped. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Whether an event was emitted. */
  get hasBegun(): boolean {
    return this.topic.log.head > 0
  }

  /**
   * Appends an event. Resolves when the handler may go on.
   *
   * Rejects if the event was not appended: with `closed` after the end of the run, `aborted` once it was stopped,
   * `too_large` if the log is full, which ends the run. The promise is safe to ignore.
   */
  emit(event: string, body: string): Promise<void> {
    if (this.#endReason) return rejected(this.#endReason)
    if (this.#held && this.topic.log.length > this.#deps.settings.maxBytes + overfullLength) {
      return rejected(this.#overflow('Await each emit'))
    }
    const { writes, room } = this.#deps
    const length = this.topic.log.append(event, body, writes.turnTime)
    this.#ahead += length
    room.take(length)
    writes.add(this.topic, length)
    if (!this.#held && this.#mustWait()) this.#hold()
    // It may have ended the run.
    return this.#endReason ? rejected(this.#endReason) : (this.#held?.promise ?? proceed)
  }

  /** Appends the output, encoded, and ends the run. */
  finish(output: unknown): void {
    if (this.isOver) return
    this.#held?.resolve()
    this.#end('$output', encodeSignal('$output', output), runIsOver(this.path))
  }

  /** Appends a public error and ends the run. Later emits reject with `reason`. */
  fail(error: TidingsError, reason = runIsOver(this.path)): void {
    if (this.isOver) return
    this.failure = error
    const problem = { ...toProblem(error), topic: this.topic.key, ended: true } as const
    this.#end('$error', encodeSignal('$error', problem), reason)
  }

  /** Ends the run, and fires the signal of its handler with `reason`. */
  stop(error: TidingsError, reason = readersLeft()): void {
    if (this.isOver) return
    this.fail(error, reason)
    this.#controller.abort(reason)
  }

  join(topic: Topic, reader: TopicReader): void {
    topic.readers.add(reader)
    this.#awaited = Math.max(0, this.#awaited - 1)
    clearTimeout(this.#linger)
    this.reconsider()
  }

  leave(topic: Topic, reader: TopicReader, how: Departure): void {
    topic.readers.delete(reader)
    if (this.isOver) return
    const { lingerMs } = this.#deps.settings
    if (how === 'lost') {
      this.#awaited += 1
      this.#awaitedUntil = performance.now() + lingerMs
    }
    if (topic.readers.size > 0) this.reconsider()
    else if (this.#awaited === 0 && lingerMs !== Number.POSITIVE_INFINITY) this.#abandon()
    else this.#awaitReaders()
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
    this.#deps.room.give(this.topic.log.length)
    this.topic.isDropped = true
  }

  /** Waits for a reader: the run has none. */
  #awaitReaders(): void {
    clearTimeout(this.#linger)
    if (this.#deps.settings.lingerMs === Number.POSITIVE_INFINITY) {
      this.reconsider()
      return
    }
    const leftMs = Math.max(0, this.#awaitedUntil - performance.now())
    this.#linger = setBackgroundTimeout(() => this.#abandon(), Math.min(leftMs, maxTimerMs))
    this.reconsider()
  }

  #abandon(): void {
    if (this.topic.readers.size === 0) this.stop(cancelled('The run was ended: its last reader left'))
  }

  #hold(): void {
    this.#held = deferred()
    this.topic.onRead = () => this.reconsider()
    this.#deps.room.wait(this)
    this.#endIfStuck()
  }

  /** Ends a run that would wait for ever: its log is full, and nobody has to come. */
  #endIfStuck(): void {
    const { settings } = this.#deps
    if (this.topic.readers.size > 0 || settings.lingerMs !== Number.POSITIVE_INFINITY) return
    this.#overflow('Raise maxBytes, or emit less while nobody reads')
  }

  #mustWait(): boolean {
    const { log, readers } = this.topic
    const { settings, room } = this.#deps
    if (log.length > settings.maxBytes || !room.hasRoom()) {
      this.#dropRead(Math.min(log.length, settings.maxBytes) * 0.75)
      if (log.length > settings.maxBytes || !room.hasRoom()) return true
    }
    if (readers.size === 0 || this.#ahead <= aheadLength) return false
    this.#ahead = log.lengthAfter(this.#fastest())
    return this.#ahead > aheadLength
  }

  /** Drops events that the fastest reader has read, until the log is no longer than so many characters. */
  #dropRead(length: number): void {
    const { log, readers } = this.topic
    if (readers.size === 0) return
    const before = log.length
    log.dropThrough(this.#fastest(), length)
    this.#deps.room.give(before - log.length)
  }

  /** The position of the reader that has read most. */
  #fastest(): number {
    let fastest = 0
    for (const { position } of this.topic.readers) fastest = Math.max(fastest, position)
    return fastest
  }

  #overflow(advice: string): TidingsError {
    const { settings, report } = this.#deps
    const detail = `The log of a run of ${this.path} has reached its limit of ${settings.maxBytes} characters and its readers do not keep up. The run was ended. ${advice}`
    const overflow = new TidingsError({ code: 'too_large', message: detail })
    const message = `The events of ${this.path} arrived faster than they were read. The run was ended`
    report(overflow)
    this.stop(new TidingsError({ code: 'too_large', message }), overflow)
    return overflow
  }

  #end(event: '$output' | '$error', body: string, reason: TidingsError): void {
    const { writes, room } = this.#deps
    this.#endReason = reason
    clearTimeout(this.#linger)
    const length = this.topic.log.end(event, body, writes.turnTime)
    room.take(length)
    writes.add(this.topic, length)
    this.#held?.reject(reason)
    this.#held = undefined
    this.topic.onRead = undefined
    room.stopWaiting(this)
    this.#deps.onEnded(this)
  }
}
