import { TidingsError } from '@tidings/core'
import { sha256 } from '../runtime/sha256.js'
import { TokenBuckets, type TokenRate } from '../token-buckets.js'
import type { MiddlewareServer, ProcedureInfo } from './middleware.js'

/** How many buckets a node keeps. */
const maxBuckets = 50_000

/** The longest name of a bucket, in characters. A longer name is hashed, because callers choose its end. */
const maxNameLength = 200

/** How long the bus is not asked after it has failed, in milliseconds. Each attempt delays a caller. */
const restMs = 1_000

const ofServers = new WeakMap<MiddlewareServer, RateBuckets>()

/** Returns the buckets that the rate limits of a server share. */
export function bucketsOf(server: MiddlewareServer): RateBuckets {
  const buckets = ofServers.get(server) ?? new RateBuckets(server)
  ofServers.set(server, buckets)
  return buckets
}

/** Token buckets on the bus; on this node without a bus, and while the bus does not answer. */
export class RateBuckets {
  readonly #server: MiddlewareServer
  readonly #own: TokenBuckets
  /** When the bus is asked again, in milliseconds of a monotonic clock. */
  #asksAt = Number.NEGATIVE_INFINITY

  constructor(server: MiddlewareServer) {
    this.#server = server
    this.#own = new TokenBuckets(maxBuckets, () => server.clock.now())
  }

  /** Takes a token for a call of a procedure. Resolves with 0, or with the milliseconds until there is a token. */
  async take(name: string, rate: TokenRate, procedure: ProcedureInfo): Promise<number> {
    const bucket = name.length > maxNameLength ? await sha256(name) : name
    const { bus } = this.#server
    if (bus && performance.now() >= this.#asksAt) {
      try {
        return await bus.takeToken(bucket, rate)
      } catch (cause) {
        this.#onFailed(cause, procedure)
      }
    }
    return this.#own.take(bucket, rate)
  }

  /** Reports a failure once for all calls that wait for the bus at that time. */
  #onFailed(cause: unknown, { path }: ProcedureInfo): void {
    const now = performance.now()
    if (now < this.#asksAt) return
    this.#asksAt = now + restMs
    const message = 'rateLimit: the bus did not answer. Until it does, this node counts requests alone'
    this.#server.onError(new TidingsError({ code: 'unavailable', message, cause }), { place: path })
  }
}
