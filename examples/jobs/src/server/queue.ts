interface Waiting {
  readonly start: () => void
  readonly moved: (ahead: number) => void
}

/** Lets a number of jobs run at a time. The others wait, in the order in which they came. */
export class Queue {
  /** How many jobs may wait. */
  readonly limit: number
  readonly #workers: number
  readonly #waiting: Waiting[] = []
  #running = 0

  constructor(workers: number, limit: number) {
    this.#workers = workers
    this.limit = limit
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.limit
  }

  /**
   * Runs a job when it is its turn. Rejects with the signal's reason if it is cancelled before.
   *
   * @param onWaiting is called with the number of waiting jobs ahead, at first and whenever it changes
   */
  async run<Result>(
    job: () => Promise<Result>,
    signal: AbortSignal,
    onWaiting: (ahead: number) => void,
  ): Promise<Result> {
    signal.throwIfAborted()
    if (this.#running < this.#workers) this.#running++
    else await this.#turn(signal, onWaiting)
    try {
      return await job()
    } finally {
      this.#running--
      this.#startNext()
    }
  }

  #turn(signal: AbortSignal, moved: (ahead: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        this.#reportMoves()
        reject(signal.reason)
      }
      const start = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const waiting = { start, moved }
      signal.addEventListener('abort', leave, { once: true })
      moved(this.#waiting.push(waiting) - 1)
    })
  }

  #startNext(): void {
    const next = this.#waiting.shift()
    if (!next) return
    // Counted now: a job that comes before `start` has taken effect must not take its place.
    this.#running++
    next.start()
    this.#reportMoves()
  }

  #reportMoves(): void {
    for (const [ahead, { moved }] of this.#waiting.entries()) moved(ahead)
  }
}
