/** Fake timers that a test ticks: `t.mock.timers` of `node:test`. */
export interface MockedTimers {
  tick(ms: number): void
}

/** Fake timers that are on. */
export interface FakeClock {
  /** Whether they are on still. */
  isOn(): boolean
  /**
   * Moves them to their next timer, or in a small step. Returns by how much.
   *
   * @param left the milliseconds to move by at most
   * @param total the milliseconds of the whole movement
   */
  step(left: number, total: number): number
}

/** The part of a clock of `@sinonjs/fake-timers` that is used, which Vitest's and Jest's fake timers are. */
interface SinonClock {
  readonly now: number
  readonly timers?: Readonly<Record<string, { readonly callAt: number }>>
  tick(ms: number): number
}

/** The most steps of a movement, where the time of the next timer is unknown. */
const mostSteps = 4_000

/** Returns the fake timers that are given, or that replace the runtime's. */
export function fakeClock(given: MockedTimers | undefined): FakeClock | undefined {
  if (given) return steppedClock(given)
  const clock = sinonClock()
  if (!clock) return isMockedByNode() ? refusedClock : undefined
  return {
    isOn: () => sinonClock() === clock,
    step(left) {
      const times = Object.values(clock.timers ?? {}).map(({ callAt }) => callAt - clock.now)
      // At least 1, or timers of 0 ms that set each other would hold the time.
      const ms = Math.min(left, Math.max(1, Math.min(...times)))
      clock.tick(ms)
      return ms
    },
  }
}

function steppedClock(timers: MockedTimers): FakeClock {
  return {
    isOn: () => true,
    step(left, total) {
      const ms = Math.min(left, Math.max(1, Math.ceil(total / mostSteps)))
      timers.tick(ms)
      return ms
    },
  }
}

/** Node's mocked timers belong to a test, and cannot be found. */
const refusedClock: FakeClock = {
  isOn: () => true,
  step() {
    throw new Error(
      'clock.advance: the timers are mocked by node:test. Give them to the server: createTestServer(contract, { clock: t.mock.timers }, handlers)',
    )
  },
}

function sinonClock(): SinonClock | undefined {
  return (globalThis.setTimeout as { clock?: SinonClock }).clock
}

/** Node 20 and 24 replace `setTimeout` by a bound function. */
function isMockedByNode(): boolean {
  return globalThis.setTimeout.name.startsWith('bound ')
}
