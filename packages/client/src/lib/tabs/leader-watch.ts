/**
 * Milliseconds the leader may be silent before it is pinged, and milliseconds it may take to respond: the
 * first time, and each time after that.
 */
const limitsMs = { silence: 5_000, firstPing: 1_000, nextPing: 2_000 } as const

export interface LeaderWatchCallbacks {
  ping(): void
  /** Called when the leader did not respond. It is pinged again. */
  onSilent(): void
  /**
   * Called when the leader did not respond again, and repeatedly until a message arrives or the watch ends.
   */
  takeOver(): void
}

/**
 * Notices a leader that does not run: its page is frozen or hangs, or its process is suspended. The frames
 * that it relays show that it runs. A leader that is silent for long is pinged.
 *
 * The leader cannot send heartbeats, since timers of hidden tabs fire once a minute. Messages are not
 * delayed, so a visible tab, whose timers are exact, notices first.
 */
export class LeaderWatch {
  readonly #callbacks: LeaderWatchCallbacks
  #receivedAt = performance.now()
  #unansweredPings = 0
  #timer: ReturnType<typeof setTimeout>

  constructor(callbacks: LeaderWatchCallbacks) {
    this.#callbacks = callbacks
    this.#timer = this.#checkAfter(limitsMs.silence)
  }

  get isSilent(): boolean {
    return this.#unansweredPings > 1
  }

  /** Records a message, which shows that the leader runs. */
  onMessage(): void {
    this.#receivedAt = performance.now()
    this.#unansweredPings = 0
  }

  /** Pings the leader now, since it may have stopped while this page was suspended. */
  ping(): void {
    clearTimeout(this.#timer)
    this.#unansweredPings = Math.max(this.#unansweredPings, 1)
    this.#callbacks.ping()
    this.#timer = this.#checkAfter(limitsMs.firstPing)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #check(): void {
    const silentMs = performance.now() - this.#receivedAt
    if (this.#unansweredPings === 0 && silentMs < limitsMs.silence) {
      this.#timer = this.#checkAfter(limitsMs.silence - silentMs)
      return
    }
    this.#unansweredPings += 1
    // Random, so that tabs do not take over from each other.
    const jitterMs = this.#unansweredPings > 1 ? Math.random() * 500 : 0
    const limitMs = this.#unansweredPings === 1 ? limitsMs.firstPing : limitsMs.nextPing
    this.#timer = this.#checkAfter(limitMs + jitterMs)
    if (this.#unansweredPings === 2) this.#callbacks.onSilent()
    if (this.#unansweredPings > 2) this.#callbacks.takeOver()
    else this.#callbacks.ping()
  }

  #checkAfter(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#check(), ms)
  }
}
