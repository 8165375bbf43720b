import { afterTurn } from '../runtime/after-turn.js'

/** A run that waits for room. */
export interface WaitingRun {
  /** The length of its log if only its end frees it: it has no reader, and requires none. Otherwise 0. */
  readonly stuckLength: number
  /** Lets its handler go on if there is room. */
  reconsider(): void
  /** Ends the run, and gives back the room of its log. */
  endForRoom(limit: number): void
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
  #isCheckDue = false

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
      // Otherwise it waits for something else, such as its reader.
      if (!this.#waiting.has(run)) return
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

  /**
   * After this turn, ends runs that wait for each other, the longest log first, until there is room. Runs
   * wait for each other if their logs leave no room even when all other logs are dropped.
   */
  endStuck(): void {
    if (this.#isCheckDue) return
    this.#isCheckDue = true
    afterTurn(() => {
      this.#isCheckDue = false
      while (!this.hasRoom()) {
        if (!this.#endLongestIfStuck()) return
      }
    })
  }

  /** Has a run reconsider when there is room again. */
  wait(run: WaitingRun): void {
    this.#waiting.add(run)
  }

  stopWaiting(run: WaitingRun): void {
    this.#waiting.delete(run)
  }

  /** Ends the run with the longest log if runs wait for each other. Returns whether they did. */
  #endLongestIfStuck(): boolean {
    let length = 0
    let longest: WaitingRun | undefined
    for (const run of this.#waiting) {
      length += run.stuckLength
      if (run.stuckLength > (longest?.stuckLength ?? 0)) longest = run
    }
    if (!longest || length <= this.#limit * lowShare) return false
    longest.endForRoom(this.#limit)
    return true
  }
}
