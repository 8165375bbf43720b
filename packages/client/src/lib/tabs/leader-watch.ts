/**
 * How long the holder may be silent before it is asked whether it is there, and how long it may take to answer: the first
 * time, and each time after that.
 */
const patienceMs = [5_000, 1_000, 2_000] as const

/** What a tab does about a silent holder. */
export interface LeaderWatchCallbacks {
  ping(): void
  /** The holder did not answer. It is asked again. */
  onSilent(): void
  /** The holder did not answer again. Called until it is heard, or the watch ends. */
  takeOver(): void
}

/**
 * Notices that the holder does not run: its page is frozen or hangs, or its machine was taken from it. What it relays shows
 * that it runs; when nothing comes for long, it is pinged.
 *
 * The holder cannot be relied on to show that by itself: timers of hidden tabs fire once a minute. Messages are not slowed
 * down, so that the tab that is in front, whose timers are exact, learns of it first.
 */
export class LeaderWatch {
  readonly #watcher: LeaderWatchCallbacks
  #heardAt = performance.now()
  #unanswered = 0
  #timer: ReturnType<typeof setTimeout>

  constructor(watcher: LeaderWatchCallbacks) {
    this.#watcher = watcher
    this.#timer = this.#look(patienceMs[0])
  }

  get isDoubtful(): boolean {
    return this.#unanswered > 1
  }

  /** The holder runs. */
  heard(): void {
    this.#heardAt = performance.now()
    this.#unanswered = 0
  }

  /** Pings the holder now: this page was away, and what has become of the holder meanwhile is not known. */
  ask(): void {
    clearTimeout(this.#timer)
    this.#unanswered = Math.max(this.#unanswered, 1)
    this.#watcher.ping()
    this.#timer = this.#look(patienceMs[1])
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #check(): void {
    const silentMs = performance.now() - this.#heardAt
    if (this.#unanswered === 0 && silentMs < patienceMs[0]) {
      this.#timer = this.#look(patienceMs[0] - silentMs)
      return
    }
    this.#unanswered += 1
    // At random, so that tabs do not take over from each other.
    const jitterMs = this.#unanswered > 1 ? Math.random() * 500 : 0
    this.#timer = this.#look(patienceMs[this.#unanswered === 1 ? 1 : 2] + jitterMs)
    if (this.#unanswered === 2) this.#watcher.onSilent()
    if (this.#unanswered > 2) this.#watcher.takeOver()
    else this.#watcher.ping()
  }

  #look(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#check(), ms)
  }
}
