import type { TidingsError } from '@tidings/core'
import type { Cursor } from '@tidings/core/wire'

/**
 * Why events were missed: the server's reasons, or `overflow`, of a loop that reads slower than events arrive, or `late`, of a
 * topic that is live later than expected: the server refused it for a while, the connection was lost before the topic had a
 * position, or a call was sent before the topic was live.
 */
export type GapReason = 'expired' | 'epoch' | 'invalid' | 'overflow' | 'late'

/** What a subscriber is told when it missed events. */
export interface Gap {
  readonly reason: GapReason
  /** The position from which the subscription goes on: `<epoch>.<seq>`. */
  readonly cursor: string
}

/** An event as it came over the wire, decoded, and the position after it. */
export interface Received {
  readonly name: string
  readonly value: unknown
  readonly cursor: Cursor
}

/** One subscriber of a topic, as the wire sees it. */
export interface Subscriber {
  /** Whether it is to be handed the topic's state before it is handed events. */
  readonly wantsSnapshot: boolean
  /** What is emitted from now on is delivered, or announced as missed. It may be told more than once. */
  live(): void
  event(event: Received): void
  snapshot(value: unknown): void
  gap(gap: Gap): void
  /** The server refused something for now, and is asked again. Returns whether the subscriber's own code was told. */
  delayed(problem: TidingsError): boolean
  /** Nothing follows: the server refused the topic, or, without a problem, the client was closed. */
  ended(problem?: TidingsError): void
}
