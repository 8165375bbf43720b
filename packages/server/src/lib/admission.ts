import { TidingsError } from '@tidings/core'
import type { ConnectionInfo, ConnectionLimit } from './hooks.js'
import type { TidingsRequest } from './http.js'
import { jittered } from './jitter.js'
import type { Site } from './site.js'

export type ConnectionLimits = Readonly<Record<ConnectionLimit, number>>

/** Whose connection a request asks for, and of which topic. */
export function connectionInfo(
  { options }: Site,
  { address }: TidingsRequest,
  context: unknown,
  topic: string | undefined,
): ConnectionInfo {
  return { topic, address, principal: options.principal(context) }
}

/** Lets a connection in, which counts until it is released. @throws TidingsError `unavailable` or `too_many_requests` */
export function admit({ admission, tally, hooks }: Site, info: ConnectionInfo): void {
  const limit = admission.admit(info)
  if (!limit) return
  tally.refused += 1
  hooks.refused?.({ ...info, limit })
  throw admission.refusal(limit)
}

/** Counts connections against the limits: in total, for each address, and for each principal. */
export class Admission {
  readonly #limits: ConnectionLimits
  readonly #retryMs: number
  readonly #byAddress = new Map<string, number>()
  readonly #byPrincipal = new Map<string, number>()
  #total = 0

  constructor(limits: ConnectionLimits, retryMs: number) {
    this.#limits = limits
    this.#retryMs = retryMs
  }

  /** Lets a connection in, which counts until it is released; or says which limit is against it. */
  admit(connection: ConnectionInfo): ConnectionLimit | undefined {
    const { connections, connectionsPerAddress, connectionsPerPrincipal } = this.#limits
    const { address, principal } = connection
    if (this.#total >= connections) return 'connections'
    if (isFull(this.#byAddress, address, connectionsPerAddress)) return 'connectionsPerAddress'
    if (isFull(this.#byPrincipal, principal, connectionsPerPrincipal)) return 'connectionsPerPrincipal'
    this.#count(1, connection)
    return undefined
  }

  /** A connection that was let in is over. */
  release(connection: ConnectionInfo): void {
    this.#count(-1, connection)
  }

  /** RFC 6585 section 4 for one who has too many, RFC 9110 section 15.6.4 where all together have. */
  refusal(limit: ConnectionLimit): TidingsError {
    const retryAfterMs = Math.ceil(jittered(this.#retryMs))
    if (limit === 'connections') {
      const message = 'The server has as many connections as it takes. Try again later'
      return new TidingsError({ code: 'unavailable', message, retryAfterMs })
    }
    const whose = limit === 'connectionsPerAddress' ? 'Connections from your address' : 'Your connections'
    const message = `${whose} have reached their limit, which is ${this.#limits[limit]}. Close one, or try again later`
    return new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
  }

  #count(change: 1 | -1, { address, principal }: ConnectionInfo): void {
    this.#total += change
    add(this.#byAddress, address, change)
    add(this.#byPrincipal, principal, change)
  }
}

function isFull(counts: ReadonlyMap<string, number>, key: string | undefined, limit: number): boolean {
  return key !== undefined && (counts.get(key) ?? 0) >= limit
}

function add(counts: Map<string, number>, key: string | undefined, change: number): void {
  if (key === undefined) return
  const count = (counts.get(key) ?? 0) + change
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
