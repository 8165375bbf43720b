import { maxTimerMs } from '@tidings/core/wire'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'

/** Milliseconds before the expiry when the client is challenged. Of a shorter time it is half. */
const leadMs = 30_000

/** Milliseconds before the expiry from which a challenge is too late. */
const leastMs = 100

export interface CredentialExpiryCallbacks {
  /** Called when it is time to challenge the client, with the milliseconds left. */
  onExpiring(withinMs: number): void
  onExpired(): void
}

/** Credentials given after a challenge, which count once every topic is authorised with them. */
export interface Renewal {
  expiresAt: number
}

/**
 * The expiry of a connection: the earliest among the credentials that opened it and those of each subscription since.
 *
 * The expiry moves later in one way: the client authenticates after a challenge, and every topic is authorised with
 * the new credentials.
 */
export class CredentialExpiry {
  readonly #callbacks: CredentialExpiryCallbacks
  #timer: Timer | undefined
  #expiresAt: number
  #challenges = 0
  /** Whether the newest challenge is still unanswered. */
  #isChallenged = false
  #renewal: Renewal | undefined

  /** @param expiresAt in milliseconds since the epoch, or Infinity */
  constructor(expiresAt: number, callbacks: CredentialExpiryCallbacks) {
    this.#callbacks = callbacks
    this.#expiresAt = expiresAt
    this.#schedule()
  }

  /** The number of times the client was challenged. */
  get challenges(): number {
    return this.#challenges
  }

  /** Moves the expiry earlier, for a subscription whose credentials expire then. */
  shorten(expiresAt: number): void {
    if (this.#renewal) this.#renewal.expiresAt = Math.min(this.#renewal.expiresAt, expiresAt)
    if (expiresAt >= this.#expiresAt) return
    this.#expiresAt = expiresAt
    this.#schedule()
  }

  /**
   * Begins a renewal. Returns undefined if no challenge is pending, a renewal has begun, or the credentials are older
   * than the newest challenge.
   *
   * @param challenge the value of {@link challenges} before the credentials were created
   */
  beginRenewal(expiresAt: number, challenge: number): Renewal | undefined {
    if (!this.#isChallenged || this.#renewal || challenge < this.#challenges) return undefined
    this.#renewal = { expiresAt }
    return this.#renewal
  }

  /** Moves the expiry, now that every topic is authorised. Without effect if the client was challenged again since. */
  finishRenewal(renewal: Renewal): void {
    if (this.#renewal !== renewal) return
    this.#renewal = undefined
    this.#isChallenged = false
    this.#expiresAt = renewal.expiresAt
    this.#schedule()
  }

  /** Challenges the client: the connection expires within a number of milliseconds unless it is renewed. */
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
    this.#timer = setBackgroundTimeout(act, Math.max(ms, 0))
  }
}
