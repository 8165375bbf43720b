import type { Cursor } from '@tidings/core/wire'
import type { HistoryBounds } from '../log/log.js'

/** One event of a topic's log. */
export interface BusEvent {
  /** Its position: one more than that of the event before it. */
  readonly seq: number
  /** When it was appended, in milliseconds since the epoch; where it was read, by the clock of who has read it. */
  readonly at: number
  /** The event as it was given to {@link Bus.append}. */
  readonly body: string
}

/** A piece of a topic's log, and where the log stands. */
export interface BusPage {
  /** Names one life of the log; see {@link Bus.read}. */
  readonly epoch: string
  /** The position of the newest event: 0 before the first. */
  readonly head: number
  /** What was asked for, oldest first and without holes: all there is, or as much as suits the bus. */
  readonly events: readonly BusEvent[]
}

/** What those who listen to a topic are told when something was appended. */
export interface BusNews {
  readonly epoch: string
  /** What was appended, oldest first and without holes. */
  readonly events: readonly BusEvent[]
}

/**
 * Carries what is emitted from the process that emits it to all that have subscribers for it, and what else the nodes of
 * a service have to agree on.
 *
 * A bus keeps logs and passes words on; that nobody gets anything twice, out of order or not at all without being told is
 * seen to by the server, from positions. A bus has to keep two promises for that: what `read` gives of one epoch never
 * changes, and what `append` has resolved for is there to be read. Where it cannot tell whether it has lost something,
 * after a restart or a failover, it has to begin a new epoch.
 *
 * Every method that returns a promise rejects with a `TidingsError` `unavailable` if what it is to do may not be done,
 * after a bounded time. `@tidings/server/testing` has a suite of tests for whoever writes one.
 */
export interface Bus {
  /**
   * Appends an event to a topic's log, in one step with its position, and tells those who listen. What one process
   * appends to a topic keeps its order; so does what is appended after the promise of another has resolved.
   *
   * Resolves when the log has it. Where it rejects, the log may have it or not.
   *
   * @param keep how much the log has to keep at least, while nobody has said so by {@link read}
   */
  append(topic: string, body: string, keep: HistoryBounds): Promise<void>
  /**
   * Says where a topic's log stands, and gives the events after a position, if `after` is of its present epoch and
   * everything that follows it is still kept. A log that is not there begins now, in a new epoch, or is refused with
   * `unavailable` where there is no room for it.
   *
   * Also says how much of the log is to be kept from now on, and that it is in use: a log that is read more often than each
   * `inUseMs` goes on with its epoch, even if nothing is emitted to it.
   */
  read(topic: string, keep: HistoryBounds, after?: Cursor): Promise<BusPage>
  /**
   * Tells what is appended to a topic from then on, until the function it resolves with is called. News may be lost, come
   * twice or late.
   */
  listen(topic: string, listener: (news: BusNews) => void): Promise<() => void>
  /** Has a listener told that news may have been lost, as after a lost connection. */
  onDoubt(listener: () => void): () => void
  /** How often a log has to be read at least for the bus to know that it is in use, in milliseconds. */
  readonly inUseMs: number

  /**
   * Hands a message to every process that receives under a name. Resolves with how many there are, which is no proof that
   * it arrived.
   */
  send(name: string, message: string): Promise<number>
  /** Receives what is sent to a name, the own process' messages included, until the function it resolves with is called. */
  receive(name: string, listener: (message: string) => void): Promise<() => void>

  /**
   * Makes somebody the holder of a name for so many milliseconds, or for so many more if they are it already. Resolves
   * with whether they are it now.
   */
  acquire(name: string, holder: string, ms: number): Promise<boolean>
  /** Gives up a name, if they hold it. */
  release(name: string, holder: string): Promise<void>
  /** Remembers a value under a name for so many milliseconds. */
  put(name: string, value: string, ms: number): Promise<void>
  /** The value that is remembered under a name. */
  get(name: string): Promise<string | undefined>
  /** Forgets the value under a name, also where there is no room for another. */
  forget(name: string): Promise<void>
  /**
   * Notes how many of something somebody has, for so many milliseconds, if that leaves all together with at most `most`.
   * Resolves with whether it does; fewer than before are noted in any case.
   */
  count(name: string, holder: string, count: number, most: number, ms: number): Promise<boolean>

  /** Resolves if the bus can be used now. */
  ping(): Promise<void>
  /** Lets go of everything. Resolves when that is done. */
  close(): Promise<void>
}
