import { type Cursor, isAtOrAfter } from '@tidings/core/wire'
import type { Received, Subscriber } from './subscriber.js'

/** How many events are held for subscribers whose snapshot is on its way. */
const maxHeld = 4_096

/**
 * Subscribers that came to a topic after its snapshot. Another is asked for; what the topic brings meanwhile is held for
 * them, and follows it.
 */
export class LateSubscribers {
  readonly subscribers = new Set<Subscriber>()
  /** Where the topic was when the first of them came: a snapshot that stands for less is none for them. */
  readonly #since: Cursor
  readonly #held: Received[] = []

  constructor(since: Cursor) {
    this.#since = since
  }

  /** Holds an event. `false` says that it is one too many: begin again, with a newer snapshot. */
  hold(event: Received): boolean {
    this.#held.push(event)
    return this.#held.length <= maxHeld
  }

  /** Whether a snapshot is new enough. */
  isServedBy(snapshot: Cursor): boolean {
    return isAtOrAfter(snapshot, this.#since)
  }

  /** What was held and follows a position. */
  heldAfter({ seq }: Cursor): readonly Received[] {
    return this.#held.filter(({ cursor }) => cursor.seq > seq)
  }
}
