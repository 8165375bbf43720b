/** How often something may be done: so many times at once, and again as time passes. */
export class TokenBucket {
  readonly #most: number
  readonly #perMs: number
  #left: number
  #at = performance.now()

  /** @param most how many times at once */
  constructor(most: number, perSecond: number) {
    this.#most = most
    this.#perMs = perSecond / 1000
    this.#left = most
  }

  /** Whether it may be done as many times at once as ever. */
  get isFull(): boolean {
    this.#refill()
    return this.#left === this.#most
  }

  /** Takes so many, or returns in how many milliseconds they can be taken. */
  take(times = 1): number {
    const waitMs = this.waitMs(times)
    if (waitMs === 0) this.#left -= times
    return waitMs
  }

  /** Returns in how many milliseconds so many can be taken: 0 for now. */
  waitMs(times = 1): number {
    this.#refill()
    return this.#left < times ? Math.ceil((times - this.#left) / this.#perMs) : 0
  }

  #refill(): void {
    const now = performance.now()
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMs)
    this.#at = now
  }
}
