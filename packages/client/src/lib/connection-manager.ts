import { TidingsError } from '@tidings/core'
import {
  type CompiledChannel,
  type CompiledContract,
  type DecodedSignals,
  decodeSignal,
  type ErrorSignal,
  fromProblem,
  parseCursor,
} from '@tidings/core/wire'
import { type OrderedCall, ProgramOrder } from './calls/program-order.js'
import { type ConnectionState, shownState } from './connection/connection-state.js'
import { DirectTransport, type Transport, type TransportCallbacks } from './connection/transport.js'
import { unsubscriber } from './disposable.js'
import type { ErrorContext, ResolvedOptions } from './options.js'
import { report, runReporting } from './reporting.js'
import type { JoinedSignal } from './tabs/tab-messages.js'
import type { Subscriber } from './topics/subscriber.js'
import type { TopicSubscriptions } from './topics/topic.js'
import { TopicSubscription } from './topics/topic-subscription.js'
import type { Connection } from './types/client.js'

const idle: ConnectionState = { status: 'idle' }
const closed: ConnectionState = { status: 'closed' }

/**
 * Holds the topics that a client subscribes to, and the one connection that carries them: it opens when the first is there,
 * and closes a while after the last.
 */
export class ConnectionManager implements TopicSubscriptions, TransportCallbacks {
  readonly options: ResolvedOptions
  readonly connection: Connection
  /** By their keys. */
  readonly topics = new Map<string, TopicSubscription>()
  /** By the epoch in the ids of their frames. */
  readonly #byEpoch = new Map<string, TopicSubscription>()
  readonly #observers = new Set<(state: ConnectionState) => void>()
  readonly #closing = new AbortController()
  /** The topics that are not live. */
  readonly #pending = new Set<TopicSubscription>()
  readonly #programOrder = new ProgramOrder()
  #transport: Transport | undefined
  #shown: ConnectionState = idle
  #linger: ReturnType<typeof setTimeout> | undefined

  constructor(options: ResolvedOptions, contract: CompiledContract) {
    this.options = options
    const manager = this
    this.connection = {
      get state() {
        // The same object for as long as nothing changes.
        const state = manager.#state
        return isSame(state, manager.#shown) ? manager.#shown : state
      },
      on(_event, handler, { signal } = {}) {
        if (!signal?.aborted) manager.#observers.add(handler)
        return unsubscriber(() => manager.#observers.delete(handler), signal)
      },
    }
    if (options.share) void this.#share(contract)
    else this.#transport = new DirectTransport(this, eventNamesOf(contract))
  }

  /** Fires when the client is closed, with a `TidingsError` as its reason. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  attach(channel: CompiledChannel, key: string, query: string, subscriber: Subscriber): void {
    this.closing.throwIfAborted()
    let wire = this.topics.get(key)
    if (!wire) {
      wire = new TopicSubscription(this, channel, key, query)
      this.topics.set(key, wire)
      this.onStageChanged(wire)
    }
    wire.add(subscriber)
    clearTimeout(this.#linger)
    this.#transport?.open()
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
    this.#transport?.sync()
  }

  onStageChanged(wire: TopicSubscription): void {
    if (wire.isPending) this.#programOrder.add(wire)
    else this.#programOrder.settle(wire)
    if (wire.isLive) this.#pending.delete(wire)
    else this.#pending.add(wire)
    // Later, for a connection that is lost says so itself.
    queueMicrotask(() => this.#refresh())
  }

  /** Resolves when a call may be sent: what was subscribed to before it is live, or cannot be waited for. */
  async waitTurn(call: OrderedCall): Promise<void> {
    await this.#programOrder.waitTurn(!this.#isDown, call)
  }

  onReleased(wire: TopicSubscription): void {
    if (this.topics.get(wire.key) === wire) this.topics.delete(wire.key)
    this.#pending.delete(wire)
    this.#programOrder.settle(wire)
    for (const [epoch, named] of this.#byEpoch) if (named === wire) this.#byEpoch.delete(epoch)
    this.needsSync()
    if (this.topics.size > 0) return
    clearTimeout(this.#linger)
    this.#linger = setTimeout(() => this.#transport?.close('rested'), this.options.lingerMs)
    this.#refresh()
  }

  report(error: TidingsError, at: ErrorContext): void {
    report(this, error, at)
  }

  onFrame(name: string, data: string, id: string): void {
    switch (name) {
      case '$subscribed':
        this.#onSubscribed(decodeSignal(name, data))
        break
      case '$gap':
        this.#onGap(decodeSignal(name, data))
        break
      case '$error':
        this.#onFailed(decodeSignal(name, data))
        break
      default: {
        const cursor = parseCursor(id)
        if (cursor) this.#byEpoch.get(cursor.epoch)?.onFrame(name, data, cursor)
      }
    }
  }

  onLost(): void {
    this.#byEpoch.clear()
    for (const wire of this.topics.values()) wire.onLost()
  }

  onRefused(problem: TidingsError): void {
    this.onLost()
    for (const wire of [...this.topics.values()]) wire.close(problem)
  }

  onChanged(): void {
    if (this.#isDown) this.#programOrder.release()
    this.#refresh()
  }

  reconnect(): void {
    this.#transport?.reconnect()
  }

  close(): void {
    if (this.closing.aborted) return
    this.#closing.abort(new TidingsError({ code: 'closed', message: 'The client was closed' }))
    for (const wire of [...this.topics.values()]) wire.close()
    clearTimeout(this.#linger)
    this.#transport?.close('closed')
    this.#observers.clear()
  }

  /** A line that is shared is idle before it is loaded, or before its holder has heard what this tab wants. */
  get #isDown(): boolean {
    const { status } = this.#state
    return status === 'waiting' || status === 'closed'
  }

  get #state(): ConnectionState {
    const state = this.#transport?.state ?? (this.closing.aborted ? closed : idle)
    return shownState(state, this.#pending.size === 0)
  }

  /** Tells of a state that is new. */
  #refresh(): void {
    const state = this.#state
    if (isSame(state, this.#shown)) return
    this.#shown = state
    for (const observer of [...this.#observers]) {
      runReporting(this, 'The handler of a connection', {}, () => observer(state))
    }
  }

  /** Only those who share take the code for it with them. */
  async #share(contract: CompiledContract): Promise<void> {
    const names = eventNamesOf(contract)
    const line = await import('./tabs/shared-transport.js').then(
      ({ createSharedTransport }) => createSharedTransport(this, contract, names),
      // What cannot be loaded must not keep anyone from subscribing.
      () => new DirectTransport(this, names),
    )
    if (this.closing.aborted) return
    this.#transport = line
    if (this.topics.size === 0) return
    this.#transport.open()
    this.#transport.sync()
  }

  #onSubscribed({ topic, epoch, cursor, request, isJoined }: JoinedSignal): void {
    const wire = this.topics.get(topic)
    if (!wire) return
    this.#byEpoch.set(epoch, wire)
    wire.onSubscribed(parseCursor(cursor ?? ''), request, isJoined)
  }

  #onGap({ topic, reason, cursor: text }: DecodedSignals['$gap']): void {
    const cursor = parseCursor(text)
    const wire = this.topics.get(topic)
    if (!cursor || !wire) return
    this.#byEpoch.set(cursor.epoch, wire)
    wire.onGap(reason, cursor)
  }

  #onFailed(signal: ErrorSignal): void {
    const wire = this.topics.get(signal.topic ?? '')
    const problem = fromProblem(signal)
    if (!problem) return
    if (signal.snapshot) wire?.onSnapshotFailed(problem)
    else wire?.onFailed(problem)
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
