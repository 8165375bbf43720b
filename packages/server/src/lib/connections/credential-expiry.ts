import { maxTimerMs } from '@tidings/core/wire'

/** How long before its end a client is asked to prove itself anew, at the most; of a short life it is the half. */
const leadMs = 30_000

/** What is left of a life when there is no point in asking any more. */
const leastMs = 100

/** What a validity tells. */
export interface CredentialExpiryCallbacks {
  /** It ends in so many milliseconds, unless it is renewed: the time to demand that. */
  onExpiring(inMs: number): void
  onExpired(): void
}

/** Proof that was given on demand, and counts once all that a connection carries is authorised by it. */
export interface Renewal {
  expiresAt: number
}

/**
 * Until when a connection may go on: what it was opened with, and each subscription that was added since, is good for as
 * long as its credentials are, and the soonest of these ends counts.
 *
 * The end moves later in one way: its client proves on demand who it is, and all that is carried is authorised by that.
 */
export class CredentialExpiry {
  readonly #callbacks: CredentialExpiryCallbacks
  #timer: NodeJS.Timeout | undefined
  #expiresAt: number
  #challenges = 0
  /** Whether the newest demand is not met yet. */
  #isChallenged = false
  #renewal: Renewal | undefined

  /** @param expiresAt in milliseconds since the epoch, or Infinity */
  constructor(expiresAt: number, listener: CredentialExpiryCallbacks) {
    this.#callbacks = listener
    this.#expiresAt = expiresAt
    this.#schedule()
  }

  /** How many times proof was demanded. */
  get challenges(): number {
    return this.#challenges
  }

  /** Something is carried whose credentials expire then. */
  shorten(expiresAt: number): void {
    if (this.#renewal) this.#renewal.expiresAt = Math.min(this.#renewal.expiresAt, expiresAt)
    if (expiresAt >= this.#expiresAt) return
    this.#expiresAt = expiresAt
    this.#schedule()
  }

  /**
   * Takes what may be proof. Returns nothing where it is not: where none is owed, it has been given already, or this was made
   * before the newest demand.
   *
   * @param demand the count of {@link challenges} when the proof was made
   */
  beginRenewal(expiresAt: number, demand: number): Renewal | undefined {
    if (!this.#isChallenged || this.#renewal || demand < this.#challenges) return undefined
    this.#renewal = { expiresAt }
    return this.#renewal
  }

  /** Moves the end: all that is carried is authorised by the proof. It is of no use if proof was demanded again since. */
  finishRenewal(renewal: Renewal): void {
    if (this.#renewal !== renewal) return
    this.#renewal = undefined
    this.#isChallenged = false
    this.#expiresAt = renewal.expiresAt
    this.#schedule()
  }

  /** Demands proof, and ends within so many milliseconds without it. */
  endWithin(ms: number): void {
    this.#challenges += 1
    this.#isChallenged = true
    this.#renewal = undefined
    this.#expiresAt = Math.min(this.#expiresAt, Date.now() + ms)
    this.#schedule()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    const left = this.#expiresAt - Date.now()
    if (left === Number.POSITIVE_INFINITY) {
      clearTimeout(this.#timer)
    } else if (this.#isChallenged || left < leastMs) {
      if (left > maxTimerMs) this.#setTimer(maxTimerMs, () => this.#schedule())
      else this.#setTimer(left, () => this.#callbacks.onExpired())
    } else {
      const wait = left - Math.min(leadMs, left / 2)
      if (wait > maxTimerMs) this.#setTimer(maxTimerMs, () => this.#schedule())
      else this.#setTimer(wait, () => this.#callbacks.onExpiring(this.#expiresAt - Date.now()))
    }
  }

  #setTimer(ms: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, Math.max(ms, 0)).unref()
  }
}
