/** The longest a timer can be set to: beyond, it fires at once. */
const maxTimerMs = 2 ** 31 - 1

/** How long before its end a client is asked to prove itself anew, at the most; of a short life it is the half. */
const leadMs = 30_000

/** What is left of a life when there is no point in asking any more. */
const leastMs = 100

/** What a validity tells. */
export interface ValidityListener {
  /** It ends in so many milliseconds. Told again, ever shorter before the end, until it is renewed. */
  ending(inMs: number): void
  over(): void
}

/** For how long what a connection was opened with is good. */
export class Validity {
  readonly #listener: ValidityListener
  #timer: NodeJS.Timeout | undefined
  #expiresAt = Number.POSITIVE_INFINITY

  /** @param expiresAt in milliseconds since the epoch, or Infinity */
  constructor(expiresAt: number, listener: ValidityListener) {
    this.#listener = listener
    this.renew(expiresAt)
  }

  renew(expiresAt: number): void {
    this.#expiresAt = expiresAt
    this.#schedule()
  }

  /** Ends it sooner, unless it is renewed. */
  endWithin(ms: number): void {
    this.#expiresAt = Math.min(this.#expiresAt, Date.now() + ms)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#listener.over(), this.#expiresAt - Date.now()).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    const left = this.#expiresAt - Date.now()
    if (left > maxTimerMs) return
    if (left < leastMs) {
      this.#timer = setTimeout(() => this.#listener.over(), Math.max(left, 0)).unref()
      return
    }
    const lead = Math.min(leadMs, left / 2)
    this.#timer = setTimeout(() => this.#listener.ending(this.#expiresAt - Date.now()), left - lead).unref()
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
