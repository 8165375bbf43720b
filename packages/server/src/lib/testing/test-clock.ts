import { installVirtualTimers, replace } from './globals.js'
import { type FakeClock, fakeClock, type MockedTimers } from './mocked-timers.js'
import { settle } from './settle.js'

/** The clock of a test. */
export interface TestClock {
  /** Returns the milliseconds since 1970, as `Date.now()` does in the test. */
  now(): number
  /**
   * Moves the clock ahead. Calls every timer that is due meanwhile, in its order, at its own time, and lets what it
   * begins go on before the next. Resolves when the last has come as far as it can without a timer.
   *
   * @throws Error if the test's timers were faked or restored after the server was made, or if `Date` does not move
   */
  advance(ms: number): Promise<void>
}

/** The clock of a server, until it is released. */
export interface ServerClock extends TestClock {
  release(): void
}

/**
 * Returns a clock that moves `given`, or the fake timers that are installed. Without either, it runs in real
 * time. See decision 020.
 */
export function serverClock(given: MockedTimers | undefined): ServerClock {
  const fake = fakeClock(given)
  return fake ? followingClock(fake) : virtualClock()
}

/** The virtual timers of this process, and how many servers use them. */
let shared: (ReturnType<typeof installVirtualTimers> & { users: number }) | undefined

function virtualClock(): ServerClock {
  shared ??= { ...installVirtualTimers(), users: 0 }
  shared.users += 1
  const { timers } = shared
  const { setTimeout } = globalThis
  return {
    now: () => Date.now(),
    async advance(ms) {
      requireMs(ms)
      if (globalThis.setTimeout !== setTimeout) throw changed('faked')
      await settle()
      const target = timers.now() + ms
      for (let timer = timers.firstBy(target); timer; timer = timers.firstBy(target)) {
        timers.moveTo(timer.dueAt)
        timers.run(timer)
        await settle()
      }
      timers.moveTo(target)
      timers.reschedule()
      await settle()
    },
    release() {
      if (!shared) return
      shared.users -= 1
      if (shared.users > 0) return
      shared.restore()
      shared = undefined
    },
  }
}

function followingClock({ isOn, step }: FakeClock): ServerClock {
  const native = performance.now.bind(performance)
  const [beganAt, base] = [Date.now(), native()]
  let isReleased = false
  // Node's mocked timers leave it out, and the engine ages what it keeps by it.
  const restore = replace(performance, 'now', () => (isReleased ? native() : base + Date.now() - beganAt))
  return {
    now: () => Date.now(),
    async advance(ms) {
      requireMs(ms)
      if (!isOn()) throw changed('restored')
      await settle()
      const before = Date.now()
      let left = ms
      do {
        left -= step(left, ms)
        await settle()
      } while (left > 0)
      const moved = Date.now() - before
      if (moved >= ms) return
      throw new UnmovableClock(
        `clock.advance(${ms}): the fake timers moved, and Date by ${moved} ms. Fake Date as well: vi.useFakeTimers(), or t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })`,
      )
    },
    release() {
      isReleased = true
      restore()
    },
  }
}

function requireMs(ms: number): void {
  if (Number.isFinite(ms) && ms >= 0) return
  throw new RangeError(`clock.advance: ms is ${String(ms)}. Give a number of milliseconds, 0 or more`)
}

/** The error of a clock that cannot be moved. Any other error of `advance` was thrown by a timer. */
export class UnmovableClock extends Error {}

function changed(how: 'faked' | 'restored'): Error {
  return new UnmovableClock(
    `clock.advance: the timers were ${how} after createTestServer, so the server's own timers are on another clock. Call vi.useFakeTimers() before createTestServer, and vi.useRealTimers() after server.close()`,
  )
}
