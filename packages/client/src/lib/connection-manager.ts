import { TidingsError } from '@tidings/core'
import {
  type CompiledChannel,
  type CompiledContract,
  fromProblem,
  type GapSignal,
  parseCursor,
  signal as signals,
} from '@tidings/core/wire'
import { type ConnectionState, shownState } from './connection-state.js'
import { unsubscriber } from './disposable.js'
import { type Line, type LineOwner, OwnLine } from './line.js'
import type { ErrorPlace, ResolvedOptions } from './options.js'
import { type OrderedCall, ProgramOrder } from './program-order.js'
import { report, runReporting } from './reporting.js'
import { errorSignal, gapSignal, readSignal, subscribedSignal } from './signals.js'
import type { GapReason, Subscriber } from './subscriber.js'
import type { JoinedSignal } from './tab-messages.js'
import type { Wires } from './topic.js'
import { TopicWire } from './topic-wire.js'
import type { Connection } from './types/client.js'

const idle: ConnectionState = { status: 'idle' }
const closed: ConnectionState = { status: 'closed' }

/**
 * Holds the topics that a client subscribes to, and the one connection that carries them: it opens when the first is there,
 * and closes a while after the last.
 */
export class ConnectionManager implements Wires, LineOwner {
  readonly options: ResolvedOptions
  readonly connection: Connection
  /** By their keys. */
  readonly topics = new Map<string, TopicWire>()
  /** By the epoch in the ids of their frames. */
  readonly #named = new Map<string, TopicWire>()
  readonly #observers = new Set<(state: ConnectionState) => void>()
  readonly #closing = new AbortController()
  /** The topics that are not live. */
  readonly #pending = new Set<TopicWire>()
  readonly #order = new ProgramOrder()
  #line: Line | undefined
  #told: ConnectionState = idle
  #linger: ReturnType<typeof setTimeout> | undefined

  constructor(options: ResolvedOptions, contract: CompiledContract) {
    this.options = options
    const manager = this
    this.connection = {
      get state() {
        // The same object for as long as nothing changes.
        const state = manager.#state
        return isSame(state, manager.#told) ? manager.#told : state
      },
      on(_event, handler, { signal } = {}) {
        if (!signal?.aborted) manager.#observers.add(handler)
        return unsubscriber(() => manager.#observers.delete(handler), signal)
      },
    }
    if (options.share) void this.#share(contract)
    else this.#line = new OwnLine(this, eventNamesOf(contract))
  }

  /** Fires when the client is closed, with a `TidingsError` as its reason. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  attach(channel: CompiledChannel, key: string, query: string, subscriber: Subscriber): void {
    this.closing.throwIfAborted()
    let wire = this.topics.get(key)
    if (!wire) {
      wire = new TopicWire(this, channel, key, query)
      this.topics.set(key, wire)
      this.staged(wire)
    }
    wire.add(subscriber)
    clearTimeout(this.#linger)
    this.#line?.open()
    this.needsSync()
    this.#refresh()
  }

  detach(key: string, subscriber: Subscriber): void {
    this.topics.get(key)?.remove(subscriber)
  }

  rejoin(key: string, subscriber: Subscriber): void {
    this.topics.get(key)?.rejoin(subscriber)
  }

  needsSync(): void {
    this.#line?.sync()
  }

  staged(wire: TopicWire): void {
    if (wire.isAsked) this.#order.asks(wire)
    else this.#order.settles(wire)
    if (wire.isLive) this.#pending.delete(wire)
    else this.#pending.add(wire)
    // Later, for a connection that is lost says so itself.
    queueMicrotask(() => this.#refresh())
  }

  /** Resolves when a call may be sent: what was subscribed to before it is live, or cannot be waited for. */
  async turn(call: OrderedCall): Promise<void> {
    await this.#order.turn(!this.#isDown, call)
  }

  released(wire: TopicWire): void {
    if (this.topics.get(wire.key) === wire) this.topics.delete(wire.key)
    this.#pending.delete(wire)
    this.#order.settles(wire)
    for (const [epoch, named] of this.#named) if (named === wire) this.#named.delete(epoch)
    this.needsSync()
    if (this.topics.size > 0) return
    clearTimeout(this.#linger)
    this.#linger = setTimeout(() => this.#line?.close('rested'), this.options.lingerMs)
    this.#refresh()
  }

  report(error: TidingsError, at: ErrorPlace): void {
    report(this, error, at)
  }

  received(name: string, data: string, id: string): void {
    switch (name) {
      case signals.subscribed:
        this.#subscribed(readSignal(subscribedSignal, data))
        break
      case signals.gap:
        this.#missed(readSignal(gapSignal, data))
        break
      case signals.error:
        this.#failed(readSignal(errorSignal, data))
        break
      default: {
        const cursor = parseCursor(id)
        if (cursor) this.#named.get(cursor.epoch)?.received(name, data, cursor)
      }
    }
  }

  lost(): void {
    this.#named.clear()
    for (const wire of this.topics.values()) wire.lost()
  }

  refused(problem: TidingsError): void {
    this.lost()
    for (const wire of [...this.topics.values()]) wire.close(problem)
  }

  changed(): void {
    if (this.#isDown) this.#order.release()
    this.#refresh()
  }

  reconnect(): void {
    this.#line?.reconnect()
  }

  close(): void {
    if (this.closing.aborted) return
    this.#closing.abort(new TidingsError({ code: 'closed', message: 'The client was closed' }))
    for (const wire of [...this.topics.values()]) wire.close()
    clearTimeout(this.#linger)
    this.#line?.close('closed')
    this.#observers.clear()
  }

  /** A line that is shared is idle before it is loaded, or before its holder has heard what this tab wants. */
  get #isDown(): boolean {
    const { status } = this.#state
    return status === 'waiting' || status === 'closed'
  }

  get #state(): ConnectionState {
    const state = this.#line?.state ?? (this.closing.aborted ? closed : idle)
    return shownState(state, this.#pending.size === 0)
  }

  /** Tells of a state that is new. */
  #refresh(): void {
    const state = this.#state
    if (isSame(state, this.#told)) return
    this.#told = state
    for (const observer of [...this.#observers]) {
      runReporting(this, 'The handler of a connection', {}, () => observer(state))
    }
  }

  /** Only those who share take the code for it with them. */
  async #share(contract: CompiledContract): Promise<void> {
    const names = eventNamesOf(contract)
    const line = await import('./shared-line.js').then(
      ({ sharedLine }) => sharedLine(this, contract, names),
      // What cannot be loaded must not keep anyone from subscribing.
      () => new OwnLine(this, names),
    )
    if (this.closing.aborted) return
    this.#line = line
    if (this.topics.size === 0) return
    this.#line.open()
    this.#line.sync()
  }

  #subscribed({ topic, name, cursor, request, isJoined }: JoinedSignal): void {
    const wire = this.topics.get(topic)
    if (!wire) return
    this.#named.set(name, wire)
    wire.subscribed(parseCursor(cursor ?? ''), request, isJoined)
  }

  #missed({ topic, reason, cursor: text }: GapSignal): void {
    const cursor = parseCursor(text)
    const wire = this.topics.get(topic ?? '')
    if (!cursor || !wire) return
    this.#named.set(cursor.epoch, wire)
    wire.missed(reason as GapReason, cursor)
  }

  #failed(signal: { topic?: string | undefined; snapshot?: unknown }): void {
    const wire = this.topics.get(signal.topic ?? '')
    const problem = fromProblem(signal)
    if (!problem) return
    if (signal.snapshot) wire?.snapshotFailed(problem)
    else wire?.failed(problem)
  }
}

function isSame(a: ConnectionState, b: ConnectionState): boolean {
  if (a === b) return true
  const attempt = (state: ConnectionState) => ('attempt' in state ? state.attempt : 0)
  return a.status === b.status && !('problem' in a || 'problem' in b) && attempt(a) === attempt(b)
}

/** The names of all events that the channels of a contract may bring. */
function eventNamesOf({ procedures }: CompiledContract): string[] {
  const names = new Set<string>()
  for (const procedure of procedures.values()) {
    if (procedure.kind === 'channel') for (const name of procedure.events.keys()) names.add(name)
  }
  return [...names].sort()
}
