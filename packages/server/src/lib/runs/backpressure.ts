import type { RunSettings } from '../bind-handlers.js'
import type { Topic } from '../log/topic.js'
import { type Deferred, deferred } from './deferred.js'
import { overfullLength } from './run-log.js'
import type { RunReaders } from './run-readers.js'
import type { RunRoom, WaitingRun } from './run-room.js'
import type { RunWriter } from './run-writer.js'

/** How far a handler may be ahead of its fastest reader, in characters. */
const aheadLength = 64 * 1024

const ready = Promise.resolve()

export interface BackpressureDeps {
  /** The topic of the run. */
  readonly topic: Topic
  readonly readers: RunReaders
  /** Absent without a bus. */
  readonly writer: RunWriter | undefined
  readonly settings: RunSettings
  readonly room: RunRoom
  /** Ends the run: its log has reached `maxBytes`, and it requires no reader. */
  onFull(): void
  /** Ends the run: its log was dropped, because the logs of all runs had reached `limit` characters. */
  onEndedForRoom(limit: number): void
}

/**
 * Holds the handler of a run while its fastest reader or the bus is behind, its log is at `maxBytes`, or the logs
 * of all runs are at `runBytes`. Drops from a full log what was read.
 */
export class Backpressure implements WaitingRun {
  readonly #deps: BackpressureDeps
  /** About how far the log is ahead of the fastest reader, in characters: never less than it is. */
  #ahead = 0
  /** Set while the handler has to wait. */
  #held: Deferred | undefined
  /**
   * Whether the run was ended because the logs of all runs had reached their limit. Its log has only its end, which
   * takes no room: enough of them would fill it.
   */
  wasEndedForRoom = false

  constructor(deps: BackpressureDeps) {
    this.#deps = deps
  }

  /** Resolves when the handler may continue. Rejects if the run is stopped first. */
  get ready(): Promise<void> {
    return this.#held?.promise ?? ready
  }

  /** Whether the handler has emitted more than the log has room for, without waiting for its emits. */
  get isIgnored(): boolean {
    const { topic, writer, settings } = this.#deps
    const length = topic.log.length + (writer?.pendingLength ?? 0)
    return this.#held !== undefined && length > settings.maxBytes + overfullLength
  }

  get stuckLength(): number {
    const { topic, readers, settings } = this.#deps
    const isStuck = readers.count === 0 && settings.lingerMs === Number.POSITIVE_INFINITY
    return isStuck && !this.#waitsForBus ? topic.log.length : 0
  }

  /** Called when the handler has emitted an event. */
  onEmitted(): void {
    // A handler that does not await its emits makes the log longer while it is held.
    if (this.#held) this.#endIfStuck()
    else if (this.#mustWait()) this.#hold()
  }

  /** Called when the log has grown by so many characters. */
  onAppended(length: number): void {
    const { topic, room } = this.#deps
    this.#ahead += length
    // The bus may have been behind when the run was ended.
    if (this.wasEndedForRoom) topic.log.dropThrough(topic.log.head - 1, 0)
    else room.take(length)
  }

  reconsider(): void {
    if (!this.#held) return
    if (this.#mustWait()) {
      this.#endIfStuck()
      return
    }
    this.resume()
  }

  endForRoom(limit: number): void {
    const { topic, room } = this.#deps
    this.wasEndedForRoom = true
    room.stopWaiting(this)
    // Before the end is appended, which stays in the log for readers.
    this.#dropThrough(topic.log.head, 0)
    this.#deps.onEndedForRoom(limit)
  }

  /** Lets the handler continue. */
  resume(): void {
    this.#held?.resolve()
    this.#release()
  }

  /** Rejects what the handler waits for: the run is over. */
  stop(reason: () => Error): void {
    this.#held?.reject(reason())
    this.#release()
  }

  /** Gives back the room of the log. */
  drop(): void {
    const { topic, room } = this.#deps
    if (!this.wasEndedForRoom) room.give(topic.log.length)
  }

  #hold(): void {
    const { topic, room } = this.#deps
    this.#held = deferred()
    topic.onRead = () => this.reconsider()
    room.wait(this)
    this.#endIfStuck()
  }

  #release(): void {
    const { topic, room } = this.#deps
    this.#held = undefined
    topic.onRead = undefined
    room.stopWaiting(this)
  }

  /** Ends a run that nothing would let continue: it requires no reader, and its log or the logs of all are full. */
  #endIfStuck(): void {
    const { settings, room } = this.#deps
    const length = this.stuckLength
    if (length > settings.maxBytes) this.#deps.onFull()
    else if (length > 0) room.endStuck()
  }

  /** Whether the bus is behind. */
  get #waitsForBus(): boolean {
    const { writer } = this.#deps
    return writer !== undefined && writer.pendingLength > aheadLength
  }

  #mustWait(): boolean {
    if (this.#waitsForBus) return true
    const { topic, readers, settings } = this.#deps
    if (this.#isFull()) {
      this.#dropRead(Math.min(topic.log.length, settings.maxBytes) * 0.75)
      // The rest that was read makes room for others.
      if (this.#isFull()) this.#dropRead(0)
      if (this.#isFull()) return true
    }
    if (this.#ahead <= aheadLength || readers.count === 0) return false
    this.#ahead = topic.log.lengthAfter(readers.farthest)
    return this.#ahead > aheadLength
  }

  #isFull(): boolean {
    const { topic, settings, room } = this.#deps
    return topic.log.length > settings.maxBytes || !room.hasRoom()
  }

  /** Drops events that the fastest reader has read, until the log is no longer than so many characters. */
  #dropRead(length: number): void {
    this.#dropThrough(this.#deps.readers.farthest, length)
  }

  /** Drops events up to a position, until the log is no longer than so many characters. */
  #dropThrough(seq: number, length: number): void {
    const { topic, writer, room } = this.#deps
    const { log } = topic
    const before = log.length
    log.dropThrough(seq, length)
    if (log.length === before) return
    writer?.drop(log.floor)
    room.give(before - log.length)
  }
}
