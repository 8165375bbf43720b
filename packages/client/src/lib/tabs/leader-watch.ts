/** Milliseconds the leader may be silent before it is pinged. */
const silenceMs = 5_000
/** Milliseconds it may take to respond to the first ping. */
const firstPingMs = 1_000
/** Milliseconds it may take to respond to each ping after that. */
const nextPingMs = 2_000

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
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(callbacks: LeaderWatchCallbacks) {
    this.#callbacks = callbacks
    this.#checkAfter(silenceMs)
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
    this.#checkAfter(firstPingMs)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #check(): void {
    const silentForMs = performance.now() - this.#receivedAt
    if (this.#unansweredPings === 0 && silentForMs < silenceMs) {
      this.#checkAfter(silenceMs - silentForMs)
      return
    }
    this.#unansweredPings += 1
    // Random, so that tabs do not take over from each other.
    const nextMs = nextPingMs + Math.random() * 500
    this.#checkAfter(this.#unansweredPings === 1 ? firstPingMs : nextMs)
    if (this.#unansweredPings === 2) this.#callbacks.onSilent()
    if (this.#unansweredPings > 2) this.#callbacks.takeOver()
    else this.#callbacks.ping()
  }

  #checkAfter(ms: number): void {
    this.#timer = setTimeout(() => this.#check(), ms)
  }
}
