/** A run that waits for room. */
export interface WaitingRun {
  /** Lets its handler go on if there is room. */
  reconsider(): void
}

/** Up to which share of the room the logs shrink before runs that wait for it go on. */
const lowShare = 15 / 16

/** The room that the logs of all runs share, in characters. */
export class RunRoom {
  readonly #limit: number
  readonly #makeRoom: () => boolean
  readonly #waiting = new Set<WaitingRun>()
  #length = 0
  #wasFull = false

  /** @param makeRoom drops a log that is not needed, and returns whether there was one */
  constructor(limit: number, makeRoom: () => boolean) {
    this.#limit = limit
    this.#makeRoom = makeRoom
  }

  take(length: number): void {
    this.#length += length
  }

  give(length: number): void {
    this.#length -= length
    // Not at the limit: thousands of runs would go on for each event that is dropped, and fill it at once.
    if (!this.#wasFull || this.#length > this.#limit * lowShare) return
    this.#wasFull = false
    for (const run of [...this.#waiting]) run.reconsider()
  }

  /** Lets the run that has waited longest go on if there is room, or some can be made. */
  reconsider(): void {
    if (!this.#wasFull || !this.hasRoom()) return
    for (const run of this.#waiting) {
      run.reconsider()
      return
    }
  }

  /** Returns whether there is room, and makes some if there is none. */
  hasRoom(): boolean {
    while (this.#length > this.#limit) {
      if (this.#makeRoom()) continue
      this.#wasFull = true
      return false
    }
    return true
  }

  /** Has a run reconsider when there is room again. */
  wait(run: WaitingRun): void {
    this.#waiting.add(run)
  }

  stopWaiting(run: WaitingRun): void {
    this.#waiting.delete(run)
  }
}
