/** The event that every subject sends to every subscriber. */
export interface FeedEvent {
  readonly id: string
  readonly author: string
  readonly text: string
  /** When it was emitted, by {@link microseconds}. */
  readonly emittedAt: number
  /** The event's position among all events, from 1. */
  readonly seq: number
}

/**
 * Occurs once in every event, and nowhere else on any wire: not in headers, JSON, chunk sizes, ids, or the
 * headers of WebSocket frames. `~` would: its code 126 marks a longer frame.
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

/** The time of day, which all processes of a machine share; the monotonic clocks of Bun and Deno start with the process. */
export function microseconds(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1e3)
}
