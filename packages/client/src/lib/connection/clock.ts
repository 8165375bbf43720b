/** By how many milliseconds the two clocks of a machine differ before one of them has stopped or been set. */
const maxDriftMs = 1_000

let offset: number | undefined
let sleptMs = 0

/**
 * Milliseconds since some moment, by a clock that never goes back and counts the time that the machine sleeps.
 *
 * `performance.now()` may stop while a machine sleeps, and `Date.now()` may be set back: what `Date` is further on counts as
 * sleep. If it was set forward instead, a connection is made once more than needed.
 */
export function elapsedMs(): number {
  const now = performance.now()
  const difference = Date.now() - now
  offset ??= difference
  const drift = difference - offset
  if (Math.abs(drift) > maxDriftMs) {
    offset = difference
    sleptMs += Math.max(drift, 0)
  }
  return now + sleptMs
}
