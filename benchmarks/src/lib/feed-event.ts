/** What every subject sends to every subscriber. */
export interface FeedEvent {
  readonly id: string
  readonly author: string
  readonly text: string
  /** When it was emitted, by {@link microseconds}. */
  readonly emittedAt: number
  /** Its place in the order of all events, from 1. */
  readonly seq: number
}

/**
 * Stands once in every event, and nowhere else on any wire: not in headers, JSON, chunk sizes or ids. Nor can a byte of
 * a WebSocket frame's header be it, as `~` could: that is 126, the mark of a longer frame.
 */
export const marker = '^'

const authors = ['ada', 'grace', 'barbara', 'frances', 'margaret']

export function makeEvent(seq: number): FeedEvent {
  return {
    id: `message-${10_000_000 + seq}`,
    author: authors[seq % authors.length] ?? '',
    text: `The meeting has moved to four, in the large room upstairs ${marker}`,
    emittedAt: microseconds(),
    seq,
  }
}

/** A clock that all processes of a machine share, and that only goes forward. */
export function microseconds(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + Math.round(nanoseconds / 1e3)
}
