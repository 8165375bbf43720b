import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'

const clocks = { wall: 1_000_000, monotonic: 500 }

beforeEach(() => {
  vi.resetModules()
  vi.spyOn(Date, 'now').mockImplementation(() => clocks.wall)
  vi.spyOn(performance, 'now').mockImplementation(() => clocks.monotonic)
  onTestFinished(() => void vi.restoreAllMocks())
})

/** How many milliseconds pass while the clocks move. */
async function passed(...moves: readonly { wall: number; monotonic: number }[]): Promise<number> {
  const { elapsedMs } = await import('./clock.js')
  const begun = elapsedMs()
  for (const { wall, monotonic } of moves) {
    clocks.wall += wall
    clocks.monotonic += monotonic
    elapsedMs()
  }
  return elapsedMs() - begun
}

it.each([
  ['both clocks go on', [{ wall: 70, monotonic: 70 }], 70],
  ['the clock is set back', [{ wall: -3_600_000, monotonic: 40 }], 40],
  [
    'the clock is set back, and goes on',
    [
      { wall: -3_600_000, monotonic: 40 },
      { wall: 60, monotonic: 60 },
    ],
    100,
  ],
  ['the machine sleeps', [{ wall: 3_600_000, monotonic: 0 }], 3_600_000],
  ['the machine sleeps by a clock that counts it', [{ wall: 3_600_000, monotonic: 3_600_000 }], 3_600_000],
  [
    'the machine sleeps after the clock was set back',
    [
      { wall: -3_600_000, monotonic: 0 },
      { wall: 60_000, monotonic: 0 },
    ],
    60_000,
  ],
])('counts what passes when %s', async (_what, moves, expected) => {
  expect(await passed(...moves)).toBe(expected)
})

it('does not add up differences in how the clocks are rounded', async () => {
  const moves = Array.from({ length: 1_000 }, (_, n) => ({ wall: n % 10 === 9 ? 1 : 0, monotonic: 0.1 }))
  expect(await passed(...moves)).toBeCloseTo(100)
})
