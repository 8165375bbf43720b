import type { Cursor } from '@tidings/core/wire'
import type { HistoryBounds } from '../history.js'
import type { TokenRate } from '../token-buckets.js'

/** One event of a topic's log. */
export interface BusEvent {
  /** The event's position: one more than that of the event before it. */
  readonly seq: number
  /**
   * When the event was appended, in milliseconds since the epoch. If it was read, by the clock of its reader.
   */
  readonly at: number
  /** The event as given to {@link Bus.append}. */
  readonly body: string
}

/** A part of a topic's log, with the log's current position. */
export interface BusPage {
  /** Identifies one lifetime of the log; see {@link Bus.read}. */
  readonly epoch: string
  /** The position of the newest event: 0 before the first. */
  readonly head: number
  /**
   * The requested events, oldest first and without holes: all of them, or as many as the bus returns at once.
   */
  readonly events: readonly BusEvent[]
}

/** The update that listeners of a topic receive after an append. */
export interface BusUpdate {
  readonly epoch: string
  /** The appended events, oldest first and without holes. */
  readonly events: readonly BusEvent[]
}

/**
 * The logs of topics, which all nodes of a service share.
 *
 * From the positions in the logs, the server ensures that a subscriber gets no event twice or out of order, and none
 * is missed without a gap. For that, a bus must keep two promises: the events that `read` returns for an epoch never
 * change, and an event whose `append` has resolved can be read. When the bus cannot tell whether it lost events, as
 * after a restart or failover, it must begin a new epoch.
 */
export interface BusLog {
  /**
   * Appends an event to a topic's log, atomically with its position, and notifies the listeners. Appends of
   * one process to a topic keep their order; an append that begins after another has resolved comes after it.
   *
   * Resolves when the log has the event. If it rejects, the log may or may not have it.
   *
   * @param keep the minimum that the log has to keep until {@link read} sets it
   */
  append(topic: string, body: string, keep: HistoryBounds): Promise<void>
  /**
   * Appends events behind a position, all or none, and notifies the listeners. Resolves with whether the log has
   * these events there, as it has if they were appended before. It has not if it is missing, of another epoch, at
   * another position, or has other events there.
   *
   * Only for a log that no {@link append} extends: that of a writer that may be replaced.
   */
  extend(topic: string, after: Cursor, bodies: readonly string[], keep: HistoryBounds): Promise<boolean>
  /**
   * Returns the current position of a topic's log, and the events after `after` if it is of the log's current
   * epoch and every later event is still kept. A missing log is created in a new epoch, or refused with
   * `unavailable` if there is no room for it.
   *
   * Also sets how much of the log to keep from now on, and marks the log as in use: a log that is read more
   * often than every `keepAliveMs` keeps its epoch, even if no events are emitted to it.
   */
  read(topic: string, keep: HistoryBounds, after?: Cursor): Promise<BusPage>
  /**
   * Discards a topic's log after `ms` milliseconds, whatever its bounds and however it is used meanwhile. Another
   * call sets another time. Has no effect on a missing log.
   */
  expire(topic: string, ms: number): Promise<void>
  /** Discards the events of a topic's log up to a position, if that is of the log's current epoch. */
  drop(topic: string, upTo: Cursor): Promise<void>
  /**
   * Calls the listener with each later append to a topic, until the function it resolves with is called.
   * Updates may be lost, duplicated or late.
   */
  listen(topic: string, listener: (update: BusUpdate) => void): Promise<() => void>
  /**
   * Calls the listener when updates may have been lost, as after a lost connection. Returns a function that
   * stops it.
   */
  onPossibleLoss(listener: () => void): () => void
  /** The longest time between two reads for which the bus considers a log in use, in milliseconds. */
  readonly keepAliveMs: number
}

/** Messages, locks, values, counts and rates, which all nodes of a service share. */
export interface BusCoordination {
  /**
   * Sends a message to every process that receives under a name. Resolves with their number, which does not
   * prove that the message arrived.
   */
  send(name: string, message: string): Promise<number>
  /**
   * Receives the messages sent to a name, including this process' own, until the function it resolves with is
   * called.
   */
  receive(name: string, listener: (message: string) => void): Promise<() => void>
  /**
   * Makes `holder` the holder of a name for `ms` milliseconds, or renews it for as long if it already is.
   * Resolves with whether it holds the name now. The holder is the value of the name.
   */
  acquire(name: string, holder: string, ms: number): Promise<boolean>
  /** Releases a name if `holder` holds it. */
  release(name: string, holder: string): Promise<void>
  /** Stores a value under a name for `ms` milliseconds. */
  put(name: string, value: string, ms: number): Promise<void>
  /** Resolves with the value of a name, or undefined. */
  get(name: string): Promise<string | undefined>
  /** Deletes the value under a name. Works even when there is no room to store another. */
  forget(name: string): Promise<void>
  /**
   * Records the count of `holder` under a name for `ms` milliseconds, if the total of all holders stays
   * within `most`. Resolves with whether it does. A lower count than before is always recorded.
   */
  count(name: string, holder: string, count: number, most: number, ms: number): Promise<boolean>
  /**
   * Takes a token from the bucket of a name, atomically. Resolves with 0, or with the milliseconds until there is a
   * token. The clock is that of the bus.
   *
   * A bucket that is missing is full, and a full bucket is discarded: clients can make up names. A bucket that takes
   * more than 30 days to refill may be discarded earlier. A name is always used with the same rate.
   */
  takeToken(name: string, rate: TokenRate): Promise<number>
}

/**
 * Carries events from the process that emits them to every process with subscribers, and coordinates the
 * nodes of a service.
 *
 * Every method that returns a promise rejects with a `TidingsError` `unavailable`, after a bounded time, if
 * its work may not be done. `@tidings/server/testing` has a test suite for implementations of a bus.
 */
export interface Bus extends BusLog, BusCoordination {
  /** Resolves if the bus is usable now. */
  ping(): Promise<void>
  /** Releases every resource. Resolves when that is done. */
  close(): Promise<void>
}
