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

  /** Does it once, or says in how many milliseconds it may be done. */
  take(): number {
    const now = performance.now()
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMs)
    this.#at = now
    if (this.#left < 1) return Math.ceil((1 - this.#left) / this.#perMs)
    this.#left -= 1
    return 0
  }
}
