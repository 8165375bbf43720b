/** Between which bounds something that failed waits before it is tried again, in milliseconds. */
export interface BackoffBounds {
  readonly minMs: number
  readonly maxMs: number
}

/** The longest a timer can be set to, in milliseconds: beyond, it fires at once. */
export const maxTimerMs = 2 ** 31 - 1

const maxRetryAfterMs = 3_600_000

/**
 * How long to wait after a number of failed attempts: exponential backoff with full jitter, so that clients that were
 * cut off together do not come back together.
 *
 * A server's own `retryAfterMs` is waited for in any case, with the jitter on top, but for no longer than an hour: one that
 * asks for more is mistaken, mostly about the unit.
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
