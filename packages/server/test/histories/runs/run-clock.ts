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

/** Lets time pass, in steps in between which what timers began goes on. */
export async function passTime(ms: number, each: (ms: number) => void): Promise<void> {
  const stepMs = Math.max(ms / 10, Math.min(ms, 500))
  for (let left = ms; left > 0; left -= stepMs) {
    const now = Math.min(stepMs, left)
    each(now)
    vi.advanceTimersByTime(now)
    await turns(1)
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
