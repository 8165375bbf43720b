import { TidingsError } from '@tidings/core'
import type { CompiledChannel, CompiledContract } from '@tidings/core/wire'
import { type OrderedCall, ProgramOrder } from './calls/program-order.js'
import { clientParts } from './client-parts.js'
import { type ConnectionState, shownState } from './connection/connection-state.js'
import type { ReleaseReason } from './connection/control.js'
import { abortError } from './connection/failures.js'
import { DirectTransport, type Transport, type TransportCallbacks } from './connection/transport.js'
import { unsubscriber } from './disposable.js'
import { linkedAbort } from './linked-abort.js'
import type { ErrorContext } from './options/client-options.js'
import type { ResolvedOptions } from './options/resolved-options.js'
import { report, runReporting } from './reporting.js'
import type { Runs } from './runs/run.js'
import type { RunTopic } from './runs/run-topic.js'
import type { Subscriber } from './topics/subscriber.js'
import type { Topics } from './topics/topic.js'
import { TopicSubscription } from './topics/topic-subscription.js'
import { TopicTable } from './topics/topic-table.js'
import type { Connection } from './types/client.js'

const closedMessage =
  'The client was closed. Create another one, or leave it open: a client can live as long as its page, outside of components'

/**
 * The topics that a client subscribes to, the runs that it reads, and the one connection that carries them. The
 * connection opens with the first, and closes a while after the last.
 */
export class ConnectionManager implements Topics, Runs, TransportCallbacks {
  readonly options: ResolvedOptions
  readonly connection: Connection
  readonly #table: TopicTable<TopicSubscription | RunTopic>
  readonly #observers = new Set<(state: ConnectionState) => void>()
  readonly #closing = linkedAbort()
  /** The topics that are not live. */
  readonly #pending = new Set<TopicSubscription>()
  readonly #programOrder = new ProgramOrder()
  #transport: Transport | undefined
  #shown: ConnectionState = { status: 'idle' }

  constructor(options: ResolvedOptions, contract: CompiledContract) {
    this.options = options
    this.#table = new TopicTable(options.lingerMs, () => this.#transport?.close('idle'))
    const manager = this
    this.connection = {
      get state() {
        // The same object until the state changes.
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

  get topics(): ReadonlyMap<string, TopicSubscription | RunTopic> {
    return this.#table.byKey
  }

  get connectionId(): string | undefined {
    return this.#transport?.id
  }

  attach(channel: CompiledChannel, key: string, query: string, subscriber: Subscriber): void {
    this.#requireUsable()
    let topic = this.#subscriptionTo(key)
    if (!topic) {
      topic = new TopicSubscription(this, channel, key, query)
      this.#table.add(topic)
      this.onStatusChanged(topic)
    }
    topic.add(subscriber)
    this.#transport?.open()
    this.needsSync()
    this.#refresh()
  }

  detach(key: string, subscriber: Subscriber): void {
    this.#subscriptionTo(key)?.remove(subscriber)
  }

  rejoin(key: string, subscriber: Subscriber): void {
    this.#subscriptionTo(key)?.rejoin(subscriber)
  }

  carry(run: RunTopic): void {
    this.#requireUsable()
    this.#table.add(run)
    this.#transport?.open()
  }

  needsSync(): void {
    this.#transport?.sync()
  }

  onStatusChanged(topic: TopicSubscription): void {
    if (topic.isSettled) this.#programOrder.settle(topic)
    else this.#programOrder.add(topic)
    if (topic.state.status === 'subscribed') this.#pending.delete(topic)
    else this.#pending.add(topic)
    // Later: if the connection was lost, its own state changes first.
    queueMicrotask(() => this.#refresh())
  }

  /** Resolves when a call may be sent: earlier subscriptions are live, or cannot be waited for. */
  async waitTurn(call: OrderedCall): Promise<void> {
    await this.#programOrder.waitTurn(!this.#isDown, call)
  }

  onReleased(topic: TopicSubscription | RunTopic, reason: ReleaseReason = 'left'): void {
    this.#table.release(topic)
    if (topic instanceof TopicSubscription) {
      this.#pending.delete(topic)
      this.#programOrder.settle(topic)
    }
    this.#transport?.onReleased(topic.key, reason)
    this.needsSync()
    if (this.#table.isEmpty) this.#refresh()
  }

  report(error: TidingsError, at: ErrorContext): void {
    report(this, error, at)
  }

  onFrame(name: string, data: string, id: string): void {
    this.#table.dispatch(name, data, id)
  }

  onLost(): void {
    this.#table.onLost()
  }

  onRefused(problem: TidingsError): void {
    this.onLost()
    for (const topic of [...this.topics.values()]) topic.close(problem)
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
    this.#closing.abort(new TidingsError({ code: 'closed', message: closedMessage }))
    for (const topic of [...this.topics.values()]) topic.close()
    this.#table.close()
    this.#transport?.close('closed')
    // The code for sharing may not be loaded.
    this.#refresh()
    this.#observers.clear()
  }

  /** @throws TidingsError `closed` if the client is; `invalid_options` for a url that is a path, where there is no page */
  #requireUsable(): void {
    if (this.closing.aborted) throw abortError(this.closing)
    void this.options.url
  }

  /** A shared transport is idle until it is loaded, and until its leader has received this tab's topics. */
  get #isDown(): boolean {
    const { status } = this.#state
    return status === 'waiting' || status === 'closed'
  }

  get #state(): ConnectionState {
    const state = this.#transport?.state ?? { status: this.closing.aborted ? 'closed' : 'idle' }
    return shownState(state, this.#pending.size === 0)
  }

  #subscriptionTo(key: string): TopicSubscription | undefined {
    const topic = this.topics.get(key)
    return topic instanceof TopicSubscription ? topic : undefined
  }

  /** Notifies the observers of a changed state. */
  #refresh(): void {
    const state = this.#state
    if (isSame(state, this.#shown)) return
    this.#shown = state
    for (const observer of [...this.#observers]) {
      runReporting(
        this,
        () => ({ what: 'The handler of a connection' }),
        () => observer(state),
      )
    }
  }

  /** Loads the code for sharing on demand, so that other pages do not. */
  async #share(contract: CompiledContract): Promise<void> {
    const names = eventNamesOf(contract)
    const transport = await import('./tabs/shared-transport.js')
      .then(({ createSharedTransport }) => createSharedTransport(this, contract, names, clientParts))
      // Code that cannot be loaded must not prevent subscriptions, and a server that renders the page has no tabs.
      .catch(() => new DirectTransport(this, names))
    if (this.closing.aborted) return
    this.#transport = transport
    if (this.#table.isEmpty) return
    transport.open()
    transport.sync()
  }
}

function isSame(a: ConnectionState, b: ConnectionState): boolean {
  if (a === b) return true
  const attempt = (state: ConnectionState) => ('attempt' in state ? state.attempt : 0)
  return a.status === b.status && !('problem' in a || 'problem' in b) && attempt(a) === attempt(b)
}

/** Returns the names of all events of a contract's channels and streams. */
function eventNamesOf({ procedures }: CompiledContract): string[] {
  const names = new Set<string>()
  for (const procedure of procedures.values()) {
    if (procedure.kind !== 'command') for (const name of procedure.events.keys()) names.add(name)
  }
  return [...names].sort()
}
