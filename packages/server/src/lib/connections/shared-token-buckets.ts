import { TokenBucket } from '../token-bucket.js'

interface Shared {
  readonly bucket: TokenBucket
  users: number
}

/** The number of buckets that each acquisition examines, to discard unused ones. */
const sweptAtOnce = 2

/** Buckets that all connections of a client share, so that another connection brings no new tokens. */
export class SharedTokenBuckets {
  readonly #most: number
  readonly #shared = new Map<string, Shared>()
  /** Where to continue examining. Each new iterator would pass the entries that were deleted before the first. */
  #next: Iterator<[string, Shared], undefined> = this.#shared.entries()

  /** @param most the size of a burst; a twentieth of it is refilled each second. Infinity sets no limit */
  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#shared.size
  }

  /** Returns the bucket of a client, until it is released; undefined for an unknown client. */
  acquire(client: string | undefined): TokenBucket | undefined {
    if (client === undefined || this.#most === Number.POSITIVE_INFINITY) return undefined
    this.#forgetUnused()
    let shared = this.#shared.get(client)
    if (!shared) {
      shared = { bucket: new TokenBucket(this.#most, this.#most / 20), users: 0 }
      this.#shared.set(client, shared)
    }
    shared.users += 1
    return shared.bucket
  }

  release(client: string | undefined): void {
    const shared = client === undefined ? undefined : this.#shared.get(client)
    if (shared) shared.users -= 1
  }

  /** Discards buckets that are unused and full, which a new bucket equals. */
  #forgetUnused(): void {
    for (let examined = 0; examined < sweptAtOnce; examined += 1) {
      const { value } = this.#next.next()
      if (!value) this.#next = this.#shared.entries()
      else if (value[1].users === 0 && value[1].bucket.msUntilFull === 0) this.#shared.delete(value[0])
    }
  }
}
