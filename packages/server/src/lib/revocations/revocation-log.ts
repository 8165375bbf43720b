import { TidingsError } from '@tidings/core'
import { type BackoffBounds, backoffMs, type Cursor, encodeEventBody, eventDataOf } from '@tidings/core/wire'
import type { BusEvent, BusLog } from '../bus/bus.js'
import type { HistoryBounds } from '../history.js'
import type { NodeRpc } from '../nodes/node-rpc.js'
import { setBackgroundInterval, setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import type { ConnectionFilter } from './connection-filter.js'
import type { RevocationKind } from './revocations.js'

/** The topic whose log contains the revocations of all nodes. No contract can have it. See decision 013. */
const topic = '$revocations'

/** What the log keeps: a node that was cut off for longer asks all its clients to authenticate again. */
const keep: HistoryBounds = { size: 1_000, ms: 600_000 }

/** Milliseconds between reads of the log: an update may be lost without a trace. */
const checkMs = 15_000

/** The delay before a failed read is repeated. */
const retry: BackoffBounds = { minMs: 100, maxMs: 5_000 }

/** The result of a revocation on all nodes. */
export interface Revoked {
  /** The number of revoked connections on all nodes together. */
  readonly connections: number
  /** The number of reached nodes, this one included. */
  readonly nodes: number
}

/** A revocation in the log. */
interface RevocationRecord {
  readonly id: string
  readonly kind: RevocationKind
  readonly filter: ConnectionFilter
}

interface KnownRevocation {
  readonly record: RevocationRecord
  readonly isOwn: boolean
  readonly at: number
  readonly connections: number
}

export interface RevocationLogDeps {
  readonly bus: BusLog
  readonly nodes: NodeRpc
  /** Revokes on this node. Returns the number of connections. */
  revoke(kind: RevocationKind, filter: ConnectionFilter): number
  /** Called when the log no longer has every revocation: any connection may have been revoked. */
  onLost(): void
}

/**
 * Revocations that reach all nodes: they are in a log on the bus, which each node reads from its own position. A node
 * that was cut off finds them when it returns. If the bus loses the log, each node adds its own again.
 */
export class RevocationLog {
  readonly #deps: RevocationLogDeps
  /** The applied revocations by id, oldest first: a revocation may be in the log twice. */
  readonly #known = new Map<string, KnownRevocation>()
  /** The position up to which the log was read. */
  #cursor: Cursor | undefined
  #count = 0
  #stopListening: (() => void) | undefined
  readonly #stopWatching: () => void
  readonly #checking: Timer
  #retry: Timer | undefined
  #failures = 0
  #reading: Promise<void> | undefined
  #isBehind = false
  #mustAddAgain = false
  #isClosed = false
  /** Pending until the first read of the log: a connection opened before might miss a revocation. */
  starting: Promise<void> | undefined

  constructor(deps: RevocationLogDeps) {
    this.#deps = deps
    const { bus } = deps
    this.#stopWatching = bus.onPossibleLoss(() => this.#check())
    this.#checking = setBackgroundInterval(() => this.#check(), Math.min(checkMs, bus.keepAliveMs))
    this.starting = this.#start().finally(() => {
      this.starting = undefined
    })
  }

  /**
   * Revokes on all nodes.
   *
   * @throws TidingsError `unavailable` if a reachable node does not confirm it
   */
  async revoke(kind: RevocationKind, filter: ConnectionFilter): Promise<Revoked> {
    const { bus, nodes } = this.#deps
    this.#count += 1
    const record: RevocationRecord = { id: `${nodes.nodeId}-${this.#count}`, kind, filter }
    // On this node it is applied in any case.
    const connections = this.#apply(record, true)
    await bus.append(topic, encodeEventBody('revoked', record), keep)
    const { nodes: nodeCount, replies } = await nodes.queryAll({ revoked: record.id })
    if (replies.size < nodeCount) {
      const message = `${kind} completed on ${replies.size} of ${nodeCount} nodes; the others apply it when they can read the bus. Call it again to be sure`
      throw new TidingsError({ code: 'unavailable', message, retryAfterMs: retry.maxMs })
    }
    const counts = new Map([...replies, [nodes.nodeId, connections]])
    let total = 0
    for (const count of counts.values()) total += Number(count)
    return { connections: total, nodes: counts.size }
  }

  /** Resolves with the number of connections that a revocation selected here. Rejects if the bus cannot be read. */
  async countOf(id: string): Promise<number> {
    await this.#catchUp()
    return this.#known.get(id)?.connections ?? 0
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#checking)
    clearTimeout(this.#retry)
    this.#stopWatching()
    this.#stopListening?.()
  }

  async #start(): Promise<void> {
    try {
      const { epoch, head } = await this.#deps.bus.read(topic, keep)
      this.#cursor = { epoch, seq: head }
    } catch {
      // Read later, from its beginning: connections may be open by then.
    }
    this.#check()
  }

  /** Reads the log; a failed read is repeated later. */
  #check(): void {
    if (!this.#isClosed) this.#catchUp().catch(() => {})
  }

  /** Reads every revocation that the log has when it is called. */
  #catchUp(): Promise<void> {
    this.#isBehind = true
    this.#reading ??= this.#readToHead().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readToHead(): Promise<void> {
    clearTimeout(this.#retry)
    try {
      await this.#listen()
      while (this.#isBehind) {
        this.#isBehind = false
        while (await this.#readOn());
        if (this.#mustAddAgain) await this.#addAgain()
      }
      this.#failures = 0
    } catch (error) {
      if (!this.#isClosed) {
        this.#retry = setBackgroundTimeout(() => this.#check(), backoffMs(retry, this.#failures))
        this.#failures += 1
      }
      throw error
    }
  }

  async #listen(): Promise<void> {
    if (this.#stopListening) return
    const stop = await this.#deps.bus.listen(topic, () => this.#check())
    this.#stopListening = stop
    if (this.#isClosed) stop()
  }

  /** Reads one page. Returns whether there may be another. */
  async #readOn(): Promise<boolean> {
    const after = this.#cursor
    const { epoch, head, events } = await this.#deps.bus.read(topic, keep, after)
    if (this.#isClosed) return false
    if (epoch !== after?.epoch) {
      this.#cursor = { epoch, seq: 0 }
      this.#mustAddAgain = true
      return true
    }
    if (events[0]?.seq === after.seq + 1) {
      for (const event of events) this.#read(event)
      this.#cursor = { epoch, seq: events.at(-1)?.seq ?? after.seq }
      return true
    }
    if (head > after.seq) {
      this.#cursor = { epoch, seq: head }
      this.#deps.onLost()
    }
    return false
  }

  #read({ body }: BusEvent): void {
    const record = recordOf(body)
    if (record && !this.#known.has(record.id)) this.#apply(record, false)
  }

  #apply(record: RevocationRecord, isOwn: boolean): number {
    const connections = this.#deps.revoke(record.kind, record.filter)
    const now = performance.now()
    this.#known.set(record.id, { record, isOwn, at: now, connections })
    for (const [id, { at }] of this.#known) {
      if (this.#known.size <= keep.size && now - at <= keep.ms) break
      this.#known.delete(id)
    }
    return connections
  }

  /** Adds this node's revocations to a new epoch of the log, for nodes that were cut off. */
  async #addAgain(): Promise<void> {
    const since = performance.now() - keep.ms
    for (const { record, isOwn, at } of [...this.#known.values()]) {
      if (isOwn && at > since) await this.#deps.bus.append(topic, encodeEventBody('revoked', record), keep)
    }
    this.#mustAddAgain = false
  }
}

/** Returns the revocation of an event; undefined for an event of another version. */
function recordOf(body: string): RevocationRecord | undefined {
  try {
    const { id, kind, filter } = JSON.parse(eventDataOf(body))
    const isKnown = typeof id === 'string' && (kind === 'disconnect' || kind === 'reauthorize')
    return isKnown && typeof filter === 'object' ? { id, kind, filter } : undefined
  } catch {
    return undefined
  }
}
