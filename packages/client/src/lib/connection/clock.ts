/**
 * Milliseconds by which the machine's two clocks may drift apart before one of them counts as stopped or set.
 */
const maxDriftMs = 1_000

let offset: number | undefined
let sleptMs = 0

/**
 * Returns the milliseconds since a fixed moment, on a clock that never goes back and includes the machine's
 * sleep.
 *
 * `performance.now()` may stop while a machine sleeps, and `Date.now()` may be set back, so the lead of
 * `Date` counts as sleep. If `Date` was set forward instead, one connection too many is made.
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
