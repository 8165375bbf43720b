import type { BusLog } from '../bus/bus.js'
import { setBackgroundInterval, type Timer } from '../runtime/timers.js'

/**
 * How often every topic is compared with the bus, in milliseconds: an update may be lost without a sign of
 * it.
 */
const checkMs = 15_000

/** How many topics are compared at once. */
const maxConcurrent = 500

/** What is compared with the bus. */
export interface Checked {
  check(): Promise<void>
}

/**
 * Compares every topic with the bus: regularly, and whenever the bus may have lost updates. See decision 011.
 */
export class BusCheck {
  readonly #checked: () => Iterable<Checked>
  readonly #stopListening: () => void
  readonly #timer: Timer
  #checking: Promise<void> | undefined
  /** Whether updates may have been lost since the check under way began. */
  #isDoubtful = false

  constructor(bus: BusLog, checked: () => Iterable<Checked>) {
    this.#checked = checked
    this.#stopListening = bus.onPossibleLoss(() => this.#check())
    this.#timer = setBackgroundInterval(() => this.#check(), Math.min(checkMs, bus.keepAliveMs))
  }

  stop(): void {
    this.#stopListening()
    clearInterval(this.#timer)
  }

  #check(): void {
    this.#isDoubtful = true
    this.#checking ??= this.#checkAll().finally(() => {
      this.#checking = undefined
    })
  }

  async #checkAll(): Promise<void> {
    while (this.#isDoubtful) {
      this.#isDoubtful = false
      const checked = [...this.#checked()]
      for (let n = 0; n < checked.length; n += maxConcurrent) {
        await Promise.all(checked.slice(n, n + maxConcurrent).map((each) => each.check()))
      }
    }
  }
}
