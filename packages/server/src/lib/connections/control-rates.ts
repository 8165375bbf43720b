import { TidingsError } from '@tidings/core'
import { TokenBucket } from '../token-bucket.js'
import type { SharedTokenBuckets } from './shared-token-buckets.js'

/** How often clients may request topics, on all of their connections together. */
export interface ClientRates {
  readonly ofPrincipals: SharedTokenBuckets
  readonly ofAddresses: SharedTokenBuckets
}

interface Client {
  readonly principal: string | undefined
  readonly address: string | undefined
}

/** How often the client of a shared connection may send control requests and request topics. */
export class ControlRates {
  readonly #shared: ClientRates
  readonly #client: Client
  /** Of topics: on this connection, and on all connections of its principal and of its address. */
  readonly #topics: readonly TokenBucket[]
  /** Of operations, whatever their results. */
  readonly #operations: TokenBucket

  constructor(shared: ClientRates, client: Client, subscriptionsPerConnection: number) {
    this.#shared = shared
    this.#client = client
    const own = new TokenBucket(2 * subscriptionsPerConnection, subscriptionsPerConnection / 10)
    const ofPrincipal = shared.ofPrincipals.acquire(client.principal)
    const ofAddress = shared.ofAddresses.acquire(client.address)
    this.#topics = [own, ofPrincipal, ofAddress].filter((bucket) => bucket !== undefined)
    const perSecond = Math.max(subscriptionsPerConnection, 1_000)
    this.#operations = new TokenBucket(20 * perSecond, perSecond)
  }

  /**
   * Counts the operations of a control request. Refused operations and operations without effect count too.
   *
   * @throws TidingsError `too_many_requests`
   */
  requireOperations(count: number): void {
    const retryAfterMs = this.#operations.take(count + 1)
    if (retryAfterMs === 0) return
    const message = 'You are sending control requests too often. Try again later'
    throw new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
  }

  /** Counts a subscription or a snapshot. @throws TidingsError `too_many_requests` */
  requireTopic(): void {
    const retryAfterMs = Math.max(...this.#topics.map((bucket) => bucket.waitMs()))
    if (retryAfterMs === 0) {
      // Takes from none unless all have room: a refusal must not use up what other connections share.
      for (const bucket of this.#topics) bucket.take()
      return
    }
    const message = 'You are requesting topics too often. Try again later'
    throw new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
  }

  release(): void {
    this.#shared.ofPrincipals.release(this.#client.principal)
    this.#shared.ofAddresses.release(this.#client.address)
  }
}
