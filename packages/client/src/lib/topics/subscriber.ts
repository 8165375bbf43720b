import type { TidingsError } from '@tidings/core'
import type { Cursor, ServerGapReason } from '@tidings/core/wire'

/**
 * Why events were missed: one of the server's reasons, `overflow` or `late`.
 *
 * - `overflow`: a loop reads slower than events arrive.
 * - `late`: the topic became live later than expected. The server refused it temporarily, the connection was
 *   lost before the topic had a position, or a call was sent before the topic was live.
 */
export type GapReason = ServerGapReason | 'overflow' | 'late'

/** The announcement that a subscriber missed events. */
export interface Gap {
  readonly reason: GapReason
  /** The position from which the subscription continues: `<epoch>.<seq>`. */
  readonly cursor: string
}

/** A received and decoded event, with the position after it. */
export interface Received {
  readonly name: string
  readonly value: unknown
  readonly cursor: Cursor
}

/** A subscriber of a topic. */
export interface Subscriber {
  /** Whether the subscriber receives the topic's state before events. */
  readonly wantsSnapshot: boolean
  /** The position that the subscriber has reached when it is added. Absent for a subscriber that begins then. */
  readonly from?: Cursor | undefined
  /**
   * Called when events emitted from now on are delivered or announced as missed. May be called more than
   * once.
   *
   * @param position where the topic continues, unless a snapshot or gap follows
   */
  onLive(position: Cursor | undefined): void
  onEvent(event: Received): void
  /** @param cursor the position of the snapshot */
  onSnapshot(value: unknown, cursor: Cursor): void
  onGap(gap: Gap): void
  /**
   * Called when the server refused temporarily and is retried. Returns whether the subscriber has an error
   * handler.
   */
  onDelayed(problem: TidingsError): boolean
  /** Called last: the server refused the topic or, without a problem, the client was closed. */
  onEnded(problem?: TidingsError): void
}
