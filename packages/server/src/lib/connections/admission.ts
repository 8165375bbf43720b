import { TidingsError } from '@tidings/core'
import type { BusCoordination } from '../bus/bus.js'
import type { ConnectionLimit, ConnectionLimits } from '../hooks.js'
import { jittered } from '../jitter.js'
import { setBackgroundInterval, type Timer } from '../runtime/timers.js'
import type { ConnectionIdentity } from './connection-identity.js'

/** Milliseconds other nodes rely on a node's count of connections. */
const countLifetimeMs = 60_000

/** Milliseconds, approximately, a refused client waits after there may be room. */
const roomMs = 500

/** The counts of all nodes. */
export interface SharedCounts {
  readonly bus: BusCoordination
  readonly nodeId: string
}

/**
 * Counts connections against their limits: in total and per address on this node, and per principal on all nodes.
 * While the bus is unavailable, a principal's connections are counted on this node only.
 */
export class Admission {
  readonly #limits: ConnectionLimits
  readonly #retryMs: number
  readonly #shared: SharedCounts | undefined
  #sharing: Timer | undefined
  readonly #byAddress = new Map<string, number>()
  readonly #byPrincipal = new Map<string, number>()
  #total = 0

  constructor(limits: ConnectionLimits, retryMs: number, shared?: SharedCounts) {
    this.#limits = limits
    this.#retryMs = retryMs
    if (!shared || limits.connectionsPerPrincipal === Number.POSITIVE_INFINITY) return
    this.#shared = shared
    this.#sharing = setBackgroundInterval(() => {
      for (const principal of this.#byPrincipal.keys()) void this.#shareCount(principal)
    }, countLifetimeMs / 3)
  }

  /** Admits a connection, which counts until it is released, or returns the limit that refuses it. */
  async admit(connection: ConnectionIdentity): Promise<ConnectionLimit | undefined> {
    const { connections, connectionsPerAddress, connectionsPerPrincipal } = this.#limits
    const { address, principal } = connection
    if (this.#total >= connections) return 'connections'
    if (isFull(this.#byAddress, address, connectionsPerAddress)) return 'connectionsPerAddress'
    if (isFull(this.#byPrincipal, principal, connectionsPerPrincipal)) return 'connectionsPerPrincipal'
    this.#count(1, connection)
    if (await this.#shareCount(principal)) return undefined
    this.#count(-1, connection)
    return 'connectionsPerPrincipal'
  }

  /** Stops counting a connection that has ended. */
  release(connection: ConnectionIdentity): void {
    this.#count(-1, connection)
    void this.#shareCount(connection.principal)
  }

  close(): void {
    clearInterval(this.#sharing)
  }

  /** 429 for a limit of one client (RFC 6585 section 4), 503 for the total (RFC 9110 section 15.6.4). */
  refusal(limit: ConnectionLimit, roomInMs?: number): TidingsError {
    const waitMs = roomInMs === undefined ? jittered(this.#retryMs) : roomInMs + jittered(roomMs)
    const retryAfterMs = Math.ceil(waitMs)
    if (limit === 'connections') {
      const message = 'The server has reached its limit of connections. Try again later'
      return new TidingsError({ code: 'unavailable', message, retryAfterMs })
    }
    const whose = limit === 'connectionsPerAddress' ? 'Connections from your address' : 'Your connections'
    const message = `${whose} have reached their limit of ${this.#limits[limit]}. Close one, or try again later`
    return new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
  }

  /** Records a principal's connections on this node on the bus. Returns whether all nodes stay within the limit. */
  async #shareCount(principal: string | undefined): Promise<boolean> {
    if (!this.#shared || principal === undefined) return true
    const { bus, nodeId } = this.#shared
    const count = this.#byPrincipal.get(principal) ?? 0
    const most = this.#limits.connectionsPerPrincipal
    return bus.count(`principal:${principal}`, nodeId, count, most, countLifetimeMs).catch(() => true)
  }

  #count(change: 1 | -1, { address, principal }: ConnectionIdentity): void {
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
