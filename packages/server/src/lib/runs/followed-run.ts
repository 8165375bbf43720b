import { type Cursor, runKey } from '@tidings/core/wire'
import type { BusLog } from '../bus/bus.js'
import { Follower } from '../log/follower.js'
import { Log } from '../log/log.js'
import { missedError } from '../log/start.js'
import { type Departure, Topic, type TopicOwner, type TopicReader } from '../log/topic.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import { afterTurn } from '../runtime/after-turn.js'
import { interrupted } from './run-errors.js'
import { failureFrame, overfullLength, runChannel, unbounded } from './run-log.js'
import type { ReadersReport } from './run-readers.js'
import type { RunRecord } from './run-records.js'
import type { RunRoom } from './run-room.js'

/** How much a reader reads before its position is reported, in characters: a part of what a handler may be ahead. */
const reportLength = 16 * 1024

/** How long a run without readers is followed, in milliseconds. */
const lingerMs = 5_000

/** How often the end of a run is tried to be appended. */
const maxAttempts = 5

export interface FollowedRunDeps {
  readonly bus: BusLog
  readonly writes: WriteBatcher
  readonly room: RunRoom
  /** Tells the run's node about the readers here. */
  report(run: FollowedRun, report: ReadersReport): void
  /** Called when the run is not read any more, or its log is lost. */
  onUnused(run: FollowedRun): void
}

/**
 * A run that another node has started, as the readers on this node see it. Its log follows the one on the bus.
 */
export class FollowedRun implements TopicOwner {
  readonly id: string
  readonly record: RunRecord
  readonly topic: Topic
  readonly #deps: FollowedRunDeps
  readonly #follower: Follower
  /** What was reported last. */
  #reported = { count: 0, position: 0 }
  #isReportDue = false
  /** How the last reader left that did. */
  #left: Departure = 'lost'
  /** How much of the room of all runs the log takes, in characters. */
  #taken = 0

  constructor(id: string, record: RunRecord, deps: FollowedRunDeps) {
    this.id = id
    this.record = record
    this.#deps = deps
    const log = new Log(record.epoch, unbounded, 'every')
    const ref = { key: runKey(record.path, id), params: undefined, channel: runChannel }
    this.topic = new Topic(ref, log, this)
    this.topic.onRead = () => this.#reportSoon()
    this.#follower = new Follower(
      { bus: deps.bus, log, key: ref.key, history: unbounded },
      {
        onTraced: () => {},
        onAppended: (length) => deps.writes.add(this.topic, length),
        onRestarted: () => this.lose(),
        onUnused: () => {
          if (this.topic.readers.size === 0) deps.onUnused(this)
        },
      },
    )
  }

  /** Whether the run goes on and has no event yet, as far as this node knows. */
  get isEmpty(): boolean {
    return this.isRunning && this.topic.log.head === 0
  }

  /** Whether the run goes on, as far as this node knows. */
  get isRunning(): boolean {
    return this.#follower.isStarted && !this.topic.log.hasEnded
  }

  /**
   * Brings the log to the position of the bus' log, and back to a cursor, or the beginning.
   *
   * @throws TidingsError `interrupted` if the log was lost, `unavailable` if the bus cannot be read
   */
  async prepare(cursor: Cursor | undefined): Promise<void> {
    const { log } = this.topic
    const { epoch } = this.record
    if (cursor && cursor.epoch !== epoch) throw missedError('history_lost')
    const seq = cursor?.seq ?? 0
    this.#follower.retain()
    try {
      await this.#follower.start()
      if (log.epoch !== epoch) throw missedError('history_lost')
      await this.#readLast()
      // Nothing follows the end, and its log may be gone from the bus.
      const covered = log.hasEnded ? Math.min(seq, log.head) : seq
      await this.#follower.ensureCovers(log.cursorAt(covered))
    } finally {
      this.#takeRoom()
      if (this.topic.readers.size === 0) this.#follower.scheduleRelease(lingerMs)
    }
  }

  join(topic: Topic, reader: TopicReader): void {
    topic.readers.add(reader)
    this.#follower.retain()
    this.#reportSoon()
  }

  leave(topic: Topic, reader: TopicReader, how: Departure): void {
    topic.readers.delete(reader)
    this.#left = how
    this.#reportSoon()
    if (topic.readers.size === 0) this.#follower.scheduleRelease(lingerMs)
  }

  onWritten({ log }: Topic, now: number): void {
    log.trim(now)
    // The run's node drops events only at this length, and what its readers have not read is shorter.
    const limit = this.record.maxBytes + overfullLength
    if (log.length > 1.25 * limit) log.dropThrough(log.head, limit)
    this.#takeRoom()
  }

  /** Returns what the run's node is to know about the readers here. */
  readers(): ReadersReport {
    const { count } = this.#reported
    this.#reported = { count: this.topic.readers.size, position: this.#farthest() }
    return {
      run: this.id,
      ...this.#reported,
      ...(this.#reported.count < count && { left: this.#left }),
    }
  }

  /** Reads what may have been missed. */
  async check(): Promise<void> {
    if (!this.topic.log.hasEnded) await this.#follower.check()
  }

  /** Ends the run on the bus, unless it has ended: its node is gone. Has no effect if the bus cannot be used. */
  async interrupt(): Promise<void> {
    const { bus } = this.#deps
    const { log, key } = this.topic
    const frame = failureFrame(key, interrupted())
    for (let attempt = 0; attempt < maxAttempts && this.isRunning; attempt += 1) {
      try {
        await this.check()
        await this.#readLast()
        if (!this.isRunning) return
        await bus.extend(key, log.cursorAt(log.head), [frame], unbounded)
      } catch {
        return
      }
      await this.check()
    }
  }

  /** Ends the run for the readers on this node: its log is lost, or it was not started. */
  lose(): void {
    this.topic.restart()
    this.#deps.onUnused(this)
  }

  stop(): void {
    const { log, readers } = this.topic
    if (readers.size < this.#reported.count && !log.hasEnded) this.#deps.report(this, this.readers())
    this.topic.isDropped = true
    this.topic.onRead = undefined
    this.#follower.stop()
    this.#deps.room.give(this.#taken)
    this.#taken = 0
  }

  /** Reads the last event, which shows whether the run has ended: the log begins without it, at the head of the bus' log. */
  async #readLast(): Promise<void> {
    const { log } = this.topic
    if (log.head > 0) await this.#follower.ensureCovers(log.cursorAt(log.head - 1))
  }

  /** Reports the readers once this turn is over, if there are more or fewer, or they have read much. */
  #reportSoon(): void {
    if (this.#isReportDue) return
    this.#isReportDue = true
    afterTurn(() => {
      this.#isReportDue = false
      const { log, isDropped, readers } = this.topic
      if (isDropped || log.hasEnded) return
      const { count, position } = this.#reported
      const read = log.lengthAfter(position) - log.lengthAfter(this.#farthest())
      if (readers.size !== count || read >= reportLength) this.#deps.report(this, this.readers())
    })
  }

  #farthest(): number {
    let farthest = 0
    for (const { position } of this.topic.readers) farthest = Math.max(farthest, position)
    return farthest
  }

  #takeRoom(): void {
    if (this.topic.isDropped) return
    const { length } = this.topic.log
    const { room } = this.#deps
    if (length > this.#taken) room.take(length - this.#taken)
    else room.give(this.#taken - length)
    this.#taken = length
  }
}
