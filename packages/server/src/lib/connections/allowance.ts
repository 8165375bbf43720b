/** How often something may be done: so many times at once, and again as time passes. */
export class Allowance {
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

  /** Does it once, or so many times, or says in how many milliseconds that may be done. */
  take(times = 1): number {
    this.#refill()
    if (this.#left < times) return Math.ceil((times - this.#left) / this.#perMs)
    this.#left -= times
    return 0
  }

  #refill(): void {
    const now = performance.now()
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMs)
    this.#at = now
  }
}
