import { TokenBucket } from './token-bucket.js'

/** A burst, and the rate at which it refills. */
export interface TokenRate {
  /** The most tokens that a bucket holds. */
  readonly burst: number
  /** The tokens that it gains each second. */
  readonly perSecond: number
}

/** The number of buckets that each new one examines, to make room. */
const examinedAtOnce = 8

/**
 * Token buckets by name, a bounded number of them. A bucket that is missing is full.
 *
 * At the bound, the fullest of some buckets makes room for another, which forgives the least.
 */
export class TokenBuckets {
  readonly #most: number
  readonly #clock: () => number
  readonly #byName = new Map<string, TokenBucket>()
  /**
   * Where to continue examining. Each new iterator would pass the entries that were deleted before the first: there
   * are as many as buckets.
   */
  #next: Iterator<[string, TokenBucket], undefined> = this.#byName.entries()

  /**
   * @param most the number of buckets
   * @param clock returns milliseconds
   */
  constructor(most: number, clock: () => number) {
    this.#most = most
    this.#clock = clock
  }

  get size(): number {
    return this.#byName.size
  }

  /** Takes a token from the bucket of a name, or returns the milliseconds until there is one. */
  take(name: string, { burst, perSecond }: TokenRate): number {
    let bucket = this.#byName.get(name)
    if (!bucket) {
      this.#makeRoom()
      bucket = new TokenBucket(burst, perSecond, this.#clock)
      this.#byName.set(name, bucket)
    }
    const waitMs = bucket.take()
    if (waitMs > 0) {
      // Among new buckets, which are fuller. Otherwise, the empty ones would be left over next to each other.
      this.#byName.delete(name)
      this.#byName.set(name, bucket)
    }
    return waitMs
  }

  /** Discards full buckets, and at the bound one that is not. */
  #makeRoom(): void {
    let fullest: { readonly name: string; readonly ms: number } | undefined
    for (let examined = 0; examined < examinedAtOnce; examined += 1) {
      const { value } = this.#next.next()
      if (value) {
        const [name, { msUntilFull: ms }] = value
        if (ms === 0) this.#byName.delete(name)
        else if (!fullest || ms < fullest.ms) fullest = { name, ms }
      } else {
        this.#next = this.#byName.entries()
      }
    }
    if (fullest && this.#byName.size >= this.#most) this.#byName.delete(fullest.name)
  }
}
