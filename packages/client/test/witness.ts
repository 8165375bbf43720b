/** Follows a topic whose events count up, and notes what is missing without a word, repeated or out of order. */
export class Witness {
  readonly name: string
  last = 0
  gaps = 0
  readonly faults: string[] = []
  /** Whether it has seen where it begins, and missed nothing since that it was told of. */
  #isInStep = false
  /** How far the snapshot reached that came last, if no event has come since. */
  #reached: number | undefined

  constructor(name: string) {
    this.name = name
  }

  event(n: number): void {
    if (this.#isInStep ? n !== this.last + 1 : n <= this.last) this.#fault(`${n} came after ${this.last}`)
    if (this.#reached !== undefined && n > this.#reached + 1)
      this.#fault(`${n} came after a snapshot of ${this.#reached}`)
    this.#reached = undefined
    this.#isInStep = true
    this.last = n
  }

  gap(): void {
    this.gaps += 1
    this.#isInStep = false
    this.#reached = undefined
  }

  /** What follows it may be in it already: it was taken before the snapshot was. */
  snapshot(n: number): void {
    if (n < this.last) this.#fault(`a snapshot goes back from ${this.last} to ${n}`)
    this.#reached = n
  }

  #fault(what: string): void {
    this.faults.push(`${this.name}: ${what}`)
  }
}
