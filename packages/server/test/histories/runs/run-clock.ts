import { vi } from 'vitest'

const turn = setImmediate

/** Lets some turns of the event loop pass, in which requests are on their way. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await new Promise<void>((resolve) => turn(() => resolve()))
}

/** Stops the time that the server sees, which passes by {@link passTime} only. */
export function stopTime(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  })
}

/**
 * Lets time pass in steps, in between which what timers began goes on.
 *
 * @param each called before each step
 * @param most the longest step, in milliseconds
 */
export async function passTime(ms: number, each: (ms: number) => void, most = 5_000): Promise<void> {
  for (let left = ms; left > 0; left -= most) {
    const now = Math.min(most, left)
    each(now)
    vi.advanceTimersByTime(now)
    await turns(most < 1_000 ? 3 : 1)
  }
}

/** A deadline that is over after so many turns and so much real time, however busy the machine is. */
export class Deadline {
  #turnsLeft: number
  readonly #endsAt: bigint

  constructor(turnCount: number, ms: number) {
    this.#turnsLeft = turnCount
    this.#endsAt = process.hrtime.bigint() + BigInt(ms) * 1_000_000n
  }

  /** Counts a turn. Returns whether it was the last. */
  isOver(): boolean {
    this.#turnsLeft -= 1
    return this.#turnsLeft < 0 && process.hrtime.bigint() > this.#endsAt
  }
}
