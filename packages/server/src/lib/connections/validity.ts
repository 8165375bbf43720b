import { maxTimerMs } from '@tidings/core/wire'

/** How long before its end a client is asked to prove itself anew, at the most; of a short life it is the half. */
const leadMs = 30_000

/** What is left of a life when there is no point in asking any more. */
const leastMs = 100

/** What a validity tells. */
export interface ValidityListener {
  /** It ends in so many milliseconds, unless it is renewed: the time to demand that. */
  ending(inMs: number): void
  over(): void
}

/** For how long what a connection was opened with is good, and how often its client was asked to renew it. */
export class Validity {
  readonly #listener: ValidityListener
  #timer: NodeJS.Timeout | undefined
  #expiresAt: number
  #demands = 0

  /** @param expiresAt in milliseconds since the epoch, or Infinity */
  constructor(expiresAt: number, listener: ValidityListener) {
    this.#listener = listener
    this.#expiresAt = expiresAt
    this.#schedule()
  }

  /** How often it was demanded that it be renewed. */
  get demands(): number {
    return this.#demands
  }

  /**
   * Says whether it is renewed.
   *
   * @param demand the count of {@link demands} when that what it is renewed with was made: what is older than the last
   * demand does not meet it
   */
  renew(expiresAt: number, demand: number): boolean {
    if (demand < this.#demands) return false
    this.#expiresAt = expiresAt
    this.#schedule()
    return true
  }

  /** Ends it within so many milliseconds, unless it is renewed. */
  endWithin(ms: number): void {
    this.#demands += 1
    this.#expiresAt = Math.min(this.#expiresAt, Date.now() + ms)
    this.#setTimer(this.#expiresAt - Date.now(), () => this.#listener.over())
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    const left = this.#expiresAt - Date.now()
    if (left === Number.POSITIVE_INFINITY) {
      clearTimeout(this.#timer)
    } else if (left < leastMs) {
      this.#setTimer(left, () => this.#listener.over())
    } else {
      const wait = left - Math.min(leadMs, left / 2)
      if (wait > maxTimerMs) this.#setTimer(maxTimerMs, () => this.#schedule())
      else this.#setTimer(wait, () => this.#listener.ending(this.#expiresAt - Date.now()))
    }
  }

  #setTimer(ms: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, Math.max(ms, 0)).unref()
  }
}

/**
 * When what `context` returned stops being good, in milliseconds since the epoch; Infinity if it does not say.
 *
 * @throws Error for an `expiresAt` that is no time
 */
export function expiryOf(context: unknown): number {
  if (typeof context !== 'object' || context === null) return Number.POSITIVE_INFINITY
  const { expiresAt } = context as { expiresAt?: unknown }
  if (expiresAt === undefined || expiresAt === null) return Number.POSITIVE_INFINITY
  const ms = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt
  if (typeof ms === 'number' && !Number.isNaN(ms)) return ms
  throw new Error(
    `The context has an expiresAt that is no time: ${String(expiresAt)}. Give a Date or milliseconds since the epoch`,
  )
}
