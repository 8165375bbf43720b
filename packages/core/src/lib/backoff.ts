/** Bounds of the delay before a failed attempt is repeated. */
export interface BackoffBounds {
  readonly minMs: number
  readonly maxMs: number
}

/** The longest delay of a timer, in milliseconds. A timer set to more fires at once. */
export const maxTimerMs = 2 ** 31 - 1

const maxRetryAfterMs = 3_600_000

/**
 * Returns the delay after a number of failed attempts: exponential backoff with full jitter, so that clients that were
 * disconnected together do not reconnect together.
 *
 * A server's `retryAfterMs` is the minimum, with the jitter on top. It counts up to an hour: a server that asks for more
 * probably has the unit wrong.
 */
export function backoffMs(
  bounds: BackoffBounds,
  attempt: number,
  retryAfterMs = 0,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(bounds.maxMs, bounds.minMs * 2 ** Math.min(attempt, 30))
  return Math.min(Math.min(retryAfterMs, maxRetryAfterMs) + random() * ceiling, maxTimerMs)
}
