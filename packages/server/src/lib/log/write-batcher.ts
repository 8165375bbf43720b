import { eventId } from '@tidings/core/wire'
import { afterTurn } from '../runtime/after-turn.js'
import type { EventTrace, TracedEvent, Tracing } from '../tracing.js'
import type { ReaderConnection, Topic } from './topic.js'

/**
 * How much may be emitted in one turn of the event loop before it is written without waiting for the turn's
 * end, in characters.
 */
const maxTurnLength = 1024 * 1024

/**
 * Writes what was emitted once a turn of the event loop: each connection with something new gets one write,
 * however many events and topics it is.
 */
export class WriteBatcher {
  readonly #tracing: Tracing | undefined
  /** The topics whose readers have not been queued for what was appended. */
  #changed = new Set<Topic>()
  /** The connections that have something to write apart from those topics. */
  #connections: ReaderConnection[] = []
  /** The events of this turn that carry a trace. */
  #traced: TracedEvent[] | undefined
  #turnLength = 0
  #turnStartedAt: number | undefined
  #isScheduled = false

  constructor(tracing?: Tracing) {
    this.#tracing = tracing
  }

  /** The time of this turn of the event loop, which all events of the turn share. */
  get turnTime(): number {
    this.#turnStartedAt ??= performance.now()
    return this.#turnStartedAt
  }

  /** Has the delivery of a topic's newest event traced. Called before {@link add}, which may flush at once. */
  trace(topic: Topic, trace: EventTrace): void {
    this.#traced ??= []
    this.#traced.push({ topic, id: eventId(topic.log.epoch, topic.log.head), trace })
  }

  /** Schedules a flush for a topic whose log has grown by so many characters. */
  add(topic: Topic, length: number): void {
    this.#turnLength += length
    this.#changed.add(topic)
    if (this.#turnLength >= maxTurnLength) this.flush()
    else this.#schedule()
  }

  /** Has a connection flushed at the end of this turn of the event loop. */
  flushSoon(connection: ReaderConnection): void {
    this.#connections.push(connection)
    this.#schedule()
  }

  /** Writes to every connection that has something new. */
  flush(): void {
    const now = this.turnTime
    const changed = this.#changed
    const connections = this.#connections
    const endTraces = this.#traced && this.#tracing?.deliver(this.#traced)
    // What is appended from here on, as by a hook, belongs to the next flush.
    this.clear()
    for (const topic of changed) {
      for (const reader of topic.readers) {
        if (reader.hasMore && reader.connection.enqueue(reader)) connections.push(reader.connection)
      }
    }
    for (const connection of connections) connection.flush()
    endTraces?.()
    for (const topic of changed) topic.owner.onWritten(topic, now)
  }

  /** Forgets what is to be written. */
  clear(): void {
    this.#changed = new Set()
    this.#connections = []
    this.#traced = undefined
    this.#turnLength = 0
    this.#turnStartedAt = undefined
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    if (this.#tracing) this.#tracing.detach(() => this.#flushAfterTurn())
    else this.#flushAfterTurn()
  }

  #flushAfterTurn(): void {
    afterTurn(() => {
      this.#isScheduled = false
      this.flush()
    })
  }
}
