import { describe, expect, it } from 'vitest'
import { backoffMs } from './backoff.js'

const bounds = { minMs: 250, maxMs: 30_000 }
const longest = () => 1

describe('backoffMs', () => {
  it('doubles the maximum delay from minMs to maxMs', () => {
    const waits = [0, 1, 2, 6, 7, 1_000].map((attempt) => backoffMs(bounds, attempt, 0, longest))
    expect(waits).toEqual([250, 500, 1_000, 16_000, 30_000, 30_000])
  })

  it('spreads delays over the whole range', () => {
    expect([0, 0.5, 0.999].map((random) => backoffMs(bounds, 2, 0, () => random))).toEqual([0, 500, 999])
  })

  it('waits at least as long as the server asks', () => {
    expect(backoffMs(bounds, 0, 5_000, () => 0)).toBe(5_000)
    expect(backoffMs(bounds, 0, 5_000, longest)).toBe(5_250)
  })

  it('never exceeds the longest delay of a timer', () => {
    expect(backoffMs({ minMs: 1e300, maxMs: 1e300 }, 0, 0, longest)).toBe(2_147_483_647)
  })

  it('waits for a server no longer than an hour', () => {
    expect(backoffMs(bounds, 0, 31_536_000_000, longest)).toBe(3_600_250)
  })
})
