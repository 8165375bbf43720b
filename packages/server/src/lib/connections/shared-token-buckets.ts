import { TokenBucket } from './token-bucket.js'

interface Shared {
  readonly allowance: TokenBucket
  users: number
}

/** How many allowances are looked at, each time one is asked for, to forget those that have no use. */
const lookedAt = 2

/** Allowances that all connections of one client share, so that another connection is no new allowance. */
export class SharedTokenBuckets {
  readonly #most: number
  readonly #shared = new Map<string, Shared>()

  /** @param most how many times at once; a tenth of half of that each second. Infinity allows everything */
  constructor(most: number) {
    this.#most = most
  }

  /** The allowance of a client, until it is released; none for a client that is not known. */
  acquire(client: string | undefined): TokenBucket | undefined {
    if (client === undefined || this.#most === Number.POSITIVE_INFINITY) return undefined
    this.#forgetUnused()
    let shared = this.#shared.get(client)
    if (!shared) {
      shared = { allowance: new TokenBucket(this.#most, this.#most / 20), users: 0 }
      this.#shared.set(client, shared)
    }
    shared.users += 1
    return shared.allowance
  }

  release(client: string | undefined): void {
    const shared = client === undefined ? undefined : this.#shared.get(client)
    if (shared) shared.users -= 1
  }

  /** One that is full is like a new one. Two are looked at for each one that comes, so that what is unused goes. */
  #forgetUnused(): void {
    let count = 0
    for (const [client, shared] of this.#shared) {
      this.#shared.delete(client)
      if (shared.users > 0 || !shared.allowance.isFull) this.#shared.set(client, shared)
      count += 1
      if (count === lookedAt) return
    }
  }
}
