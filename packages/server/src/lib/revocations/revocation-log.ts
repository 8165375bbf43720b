import { TidingsError } from '@tidings/core'
import { type BackoffBounds, backoffMs, type Cursor, encodeEventBody, eventDataOf } from '@tidings/core/wire'
import type { BusEvent, BusLog } from '../bus/bus.js'
import type { HistoryBounds } from '../history.js'
import type { NodeRpc } from '../nodes/node-rpc.js'
import type { ConnectionFilter } from './connection-filter.js'
import type { RevocationKind } from './revocations.js'

/** The topic whose log the revocations of all nodes are in. No contract can have it. */
const topic = '$revocations'

/** For how long a node may be cut off and still find what was revoked meanwhile; after that, all its clients are asked. */
const keep: HistoryBounds = { size: 1_000, ms: 600_000 }

/** How often the log is read, in milliseconds: news may be lost without a sign of it. */
const checkMs = 15_000

/** Between which bounds a bus that fails is read again. */
const retry: BackoffBounds = { minMs: 100, maxMs: 5_000 }

/** What was revoked on all nodes. */
export interface Revoked {
  /** How many connections were ended or asked, on all nodes together. */
  readonly connections: number
  /** On how many nodes: all that could be reached, this one included. */
  readonly nodes: number
}

/** A revocation as it travels. */
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

/** What revocations do to their node. */
export interface RevocationLogDeps {
  readonly bus: BusLog
  readonly nodes: NodeRpc
  /** Revokes on this node, and says how many connections that are. */
  revoke(kind: RevocationKind, filter: ConnectionFilter): number
  /** Revocations were made that cannot be found any more: any connection may be one of them. */
  onLost(): void
}

/**
 * Revocations that reach all nodes. They are in a log on the bus, which each node reads from where it stands: one that is
 * cut off finds them when it is back. Should the bus lose the log, those who have made them add them again.
 */
export class RevocationLog {
  readonly #deps: RevocationLogDeps
  /** Those that were done here, by their ids, oldest first: some come again. */
  readonly #known = new Map<string, KnownRevocation>()
  /** Up to where the log was read. */
  #cursor: Cursor | undefined
  #count = 0
  #stopListening: (() => void) | undefined
  readonly #stopWatching: () => void
  readonly #checking: NodeJS.Timeout
  #retry: NodeJS.Timeout | undefined
  #failures = 0
  #reading: Promise<void> | undefined
  #isBehind = false
  #mustAddAgain = false
  #isClosed = false
  /**
   * There until the log was read for the first time, or could not be: what is opened before that might miss what is revoked
   * meanwhile.
   */
  starting: Promise<void> | undefined

  constructor(home: RevocationLogDeps) {
    this.#deps = home
    const { bus } = home
    this.#stopWatching = bus.onPossibleLoss(() => this.#check())
    this.#checking = setInterval(() => this.#check(), Math.min(checkMs, bus.keepAliveMs)).unref()
    this.starting = this.#start().finally(() => {
      this.starting = undefined
    })
  }

  /**
   * Revokes on all nodes.
   *
   * @throws TidingsError `unavailable` if not every node that can be reached says that it has
   */
  async revoke(kind: RevocationKind, filter: ConnectionFilter): Promise<Revoked> {
    const { bus, nodes } = this.#deps
    this.#count += 1
    const record: RevocationRecord = { id: `${nodes.nodeId}-${this.#count}`, kind, filter }
    // Here it is done in any case.
    const connections = this.#apply(record, true)
    await bus.append(topic, encodeEventBody('revoked', record), keep)
    const { nodes: nodeCount, replies } = await nodes.askAll({ revoked: record.id })
    if (replies.size < nodeCount) {
      const message = `${kind} completed on ${replies.size} of ${nodeCount} nodes; the others apply it when they can read the bus. Call it again to be sure`
      throw new TidingsError({ code: 'unavailable', message, retryAfterMs: retry.maxMs })
    }
    const counts = new Map([...replies, [nodes.nodeId, connections]])
    let total = 0
    for (const count of counts.values()) total += Number(count)
    return { connections: total, nodes: counts.size }
  }

  /** Says how many connections a revocation picked here, once it is done. Rejects where the bus cannot be read. */
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
      // Read from its beginning, later: connections may be open by then.
    }
    this.#check()
  }

  /** Reads on, in a while again if that fails. */
  #check(): void {
    if (!this.#isClosed) this.#catchUp().catch(() => {})
  }

  /** Reads all that there is when it is called. */
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
        this.#retry = setTimeout(() => this.#check(), backoffMs(retry, this.#failures)).unref()
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

  /** Reads one page, and says whether there may be more. */
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

  /** The log has begun again: a node that was cut off meanwhile finds what was in it. */
  async #addAgain(): Promise<void> {
    const since = performance.now() - keep.ms
    for (const { record, isOwn, at } of [...this.#known.values()]) {
      if (isOwn && at > since) await this.#deps.bus.append(topic, encodeEventBody('revoked', record), keep)
    }
    this.#mustAddAgain = false
  }
}

/** What a node of another version has written may be something else. */
function recordOf(body: string): RevocationRecord | undefined {
  try {
    const { id, kind, filter } = JSON.parse(eventDataOf(body))
    const isKnown = typeof id === 'string' && (kind === 'disconnect' || kind === 'reauthorize')
    return isKnown && typeof filter === 'object' ? { id, kind, filter } : undefined
  } catch {
    return undefined
  }
}
