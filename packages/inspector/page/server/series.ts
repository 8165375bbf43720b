import type { StatsSample } from '../../src/lib/stats-contract.js'

/** A value at a time. Undefined where nothing was sampled. */
export interface Point {
  /** In milliseconds since the epoch. */
  readonly at: number
  readonly value: number | undefined
}

/** Samples further apart than this have a hole between them: no page was subscribed. */
const holeMs = 5_000

type Key = Exclude<keyof StatsSample, 'at'>

/** Returns the values of a state: the number of connections. */
export function levels(samples: readonly StatsSample[], key: Key): Point[] {
  const points: Point[] = []
  let before: StatsSample | undefined
  for (const sample of samples) {
    if (before && sample.at - before.at > holeMs) points.push({ at: before.at + 1, value: undefined })
    points.push({ at: sample.at, value: sample[key] })
    before = sample
  }
  return points
}

/** Returns how fast a total grew, per second. A server that was restarted begins again. */
export function rates(samples: readonly StatsSample[], key: Key): Point[] {
  const points: Point[] = []
  let before: StatsSample | undefined
  for (const sample of samples) {
    const ms = before ? sample.at - before.at : 0
    const grown = before ? sample[key] - before[key] : 0
    const isHole = !before || ms > holeMs || ms <= 0 || grown < 0
    points.push({ at: sample.at, value: isHole ? undefined : (grown / ms) * 1_000 })
    before = sample
  }
  return points
}
