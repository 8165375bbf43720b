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

  /** @param most the size of a burst; a twentieth of it is refilled each second. Infinity sets no limit */
  constructor(most: number) {
    this.#most = most
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

  /** Discards buckets that are unused and full, which a new bucket equals. Moves the others to the end. */
  #forgetUnused(): void {
    let count = 0
    for (const [client, shared] of this.#shared) {
      this.#shared.delete(client)
      if (shared.users > 0 || shared.bucket.msUntilFull > 0) this.#shared.set(client, shared)
      count += 1
      if (count === sweptAtOnce) return
    }
  }
}
