/** Something that would be taken for dead if it were silent for too long. */
export interface Beating {
  /** Shows that it is alive, if nothing else did since the last beat. */
  beat(): void
}

/** One timer for all that is open. It runs only while something is. */
export class Heartbeat {
  readonly #ms: number
  readonly #beating = new Set<Beating>()
  #timer: NodeJS.Timeout | undefined

  /** @param ms the longest anything may be silent */
  constructor(ms: number) {
    this.#ms = ms
  }

  add(beating: Beating): void {
    this.#beating.add(beating)
    // What spoke just after a beat is silent for that one and the next: twice the time between two.
    this.#timer ??= setInterval(() => this.#beat(), this.#ms / 2).unref()
  }

  remove(beating: Beating): void {
    this.#beating.delete(beating)
    if (this.#beating.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #beat(): void {
    for (const beating of this.#beating) beating.beat()
  }
}
