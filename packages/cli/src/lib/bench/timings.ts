import { createHistogram } from 'node:perf_hooks'

/** A distribution of durations, in milliseconds. */
export interface Distribution {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** Durations, as a histogram: its size does not depend on how many there are. */
export class Timings {
  readonly #histogram = createHistogram()
  #count = 0

  add(ms: number): void {
    // A histogram counts whole numbers from 1: here microseconds.
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)))
    this.#count += 1
  }

  /** Returns null if there are no durations. */
  get distribution(): Distribution | null {
    if (this.#count === 0) return null
    const at = (percentile: number) => milliseconds(this.#histogram.percentile(percentile))
    return { p50: at(50), p95: at(95), p99: at(99), max: milliseconds(this.#histogram.max) }
  }
}

function milliseconds(us: number): number {
  return us / 1000
}
