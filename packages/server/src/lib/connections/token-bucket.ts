/** Limits a rate: allows a burst, and then refills over time. */
export class TokenBucket {
  readonly #most: number
  readonly #perMs: number
  #left: number
  #at = performance.now()

  /** @param most the size of a burst */
  constructor(most: number, perSecond: number) {
    this.#most = most
    this.#perMs = perSecond / 1000
    this.#left = most
  }

  get isFull(): boolean {
    this.#refill()
    return this.#left === this.#most
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
    const now = performance.now()
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMs)
    this.#at = now
  }
}
