/** Limits a rate: allows a burst, and then refills over time. */
export class TokenBucket {
  readonly #most: number
  readonly #perMs: number
  readonly #clock: () => number
  #left: number
  #at: number

  /**
   * @param most the size of a burst
   * @param clock returns milliseconds
   */
  constructor(most: number, perSecond: number, clock = () => performance.now()) {
    this.#most = most
    this.#perMs = perSecond / 1000
    this.#clock = clock
    this.#left = most
    this.#at = clock()
  }

  /** The milliseconds until the bucket is full: 0 if it is. */
  get msUntilFull(): number {
    return this.waitMs(this.#most)
  }

  /** Takes tokens, or returns the milliseconds until there are enough. */
  take(times = 1): number {
    const waitMs = this.waitMs(times)
    if (waitMs === 0) this.#left -= times
    return waitMs
  }

  /** Returns the milliseconds until there are enough tokens: 0 for now. */
  waitMs(times = 1): number {
    this.#refill()
    return this.#left < times ? Math.ceil((times - this.#left) / this.#perMs) : 0
  }

  #refill(): void {
    const now = this.#clock()
    // A clock of the time of day may be set back.
    const elapsedMs = Math.max(0, now - this.#at)
    this.#left = Math.min(this.#most, this.#left + elapsedMs * this.#perMs)
    this.#at = now
  }
}
