import type { TidingsError } from '@tidings/core'
import type { CompiledContract } from '@tidings/core/wire'
import type { ClientParts } from '../client-parts.js'
import type { ConnectionState } from '../connection/connection-state.js'
import type { ReleaseReason } from '../connection/control.js'
import type { DirectTransport, Transport, TransportCallbacks } from '../connection/transport.js'
import type { ResolvedOptions } from '../options/resolved-options.js'
import { parts, setParts } from './parts.js'
import { groupName, type TabGroup } from './tab-group.js'
import type { Locks } from './tab-locks.js'
import { sentState } from './tab-messages.js'
import { TabSession, type TabSessionCallbacks } from './tab-session.js'

/** The cursor of a log that does not exist, which brings a topic a gap. */
const unknownCursor = '-.0'

/**
 * Creates the transport of a client that shares its connection, or one of its own if the browser cannot
 * share.
 */
export async function createSharedTransport(
  callbacks: TransportCallbacks,
  contract: CompiledContract,
  eventNames: readonly string[],
  clientParts: ClientParts,
): Promise<Transport> {
  setParts(clientParts)
  const { navigator } = globalThis as { navigator?: { locks?: Locks } }
  const locks = navigator?.locks
  if (!locks || typeof BroadcastChannel !== 'function' || !globalThis.crypto?.subtle) {
    return new parts.DirectTransport(callbacks, eventNames)
  }
  const name = await groupName(callbacks.options, contract)
  return new SharedTransport(callbacks, { name, locks, contract, eventNames })
}

/**
 * The connection of a tab to the leader, which relays the frames of one connection to all tabs of an origin.
 * Each tab has its own topics and cursors. When the leader is closed, stops or does not respond, another tab
 * leads, and every tab subscribes again from its own cursors. See decision 009.
 */
class SharedTransport implements Transport, TabSessionCallbacks {
  readonly #callbacks: TransportCallbacks
  readonly #group: TabGroup
  /** The topics that were requested from the leader. */
  readonly #requested = new Set<string>()
  /** Set if the browser does not allow locks. */
  #direct: DirectTransport | undefined
  /** Set while the page takes part in the group. */
  #session: TabSession | undefined
  #isAway = false
  #isClosed = false
  #isScheduled = false
  /** Whether the next request for each topic must not use its cursor. */
  #areCursorsUnreliable = false
  #state: ConnectionState = { status: 'idle' }
  #stopWatching: (() => void) | undefined

  constructor(callbacks: TransportCallbacks, group: TabGroup) {
    this.#callbacks = callbacks
    this.#group = group
  }

  get options(): ResolvedOptions {
    return this.#callbacks.options
  }

  get state(): ConnectionState {
    return this.#direct?.state ?? this.#state
  }

  /** The leader subscribes to runs. */
  get id(): string | undefined {
    return this.#direct?.id
  }

  open(): void {
    if (this.#direct) this.#direct.open()
    else if (!this.#session && !this.#isAway) this.#enter()
  }

  sync(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.#direct?.sync()
      if (this.#session?.isReady) this.#requestTopics(this.#session)
    })
  }

  onReleased(key: string, reason: ReleaseReason): void {
    this.#direct?.onReleased(key, reason)
    if (reason === 'ended') this.#requested.delete(key)
  }

  reconnect(): void {
    this.#direct?.reconnect()
    this.#session?.reconnect()
  }

  close(how: 'idle' | 'closed'): void {
    this.#direct?.close(how)
    if (how === 'idle') {
      this.#leaveIdle()
      return
    }
    this.#isClosed = true
    this.#stopWatching?.()
    this.#session?.close()
    this.#session = undefined
    this.#change({ status: 'closed' })
  }

  onLeader(isForged: boolean): void {
    this.#requested.clear()
    this.#areCursorsUnreliable ||= isForged
    this.#callbacks.onLost()
    this.sync()
  }

  onRelayed(name: string, data: string, id: string): void {
    this.#callbacks.onFrame(name, data, id)
  }

  onChanged(state: ConnectionState): void {
    // A leader that was just elected is idle until tabs subscribe.
    if (state.status !== 'idle' || this.#callbacks.topics.size === 0) this.#change(state)
  }

  onLeaderSilent(): void {
    this.#wait('does not respond: the tab that holds it may be frozen', 2_000)
  }

  onRefused(problem: TidingsError): void {
    this.#requested.clear()
    this.#callbacks.onRefused(problem)
  }

  onEnded(): void {
    this.#leave()
    this.#enter()
  }

  onDenied(): void {
    this.#stopWatching?.()
    this.#session?.close()
    this.#session = undefined
    this.#direct = new parts.DirectTransport(this.#callbacks, this.#group.eventNames)
    this.#direct.open()
    this.#direct.sync()
  }

  /** Leaves the group while there are no subscriptions, unless this tab leads. */
  #leaveIdle(): void {
    if (this.#session?.isLeader !== false) return
    this.#leave()
    this.#change({ status: 'idle' })
  }

  #enter(): void {
    this.#stopWatching ??= parts.watchPage(
      () => this.#onPageWake(),
      () => this.#onPageLeft(),
    )
    this.#change({ status: 'connecting', attempt: 1 })
    // An observer of the state may have closed the client.
    if (!this.#isClosed) this.#session = new TabSession(this, this.#group)
  }

  #leave(): void {
    this.#session?.close()
    this.#session = undefined
    this.#requested.clear()
    this.#callbacks.onLost()
  }

  /**
   * Leaves the group when the page is frozen, or goes to the back-forward cache. Chromium 156 keeps the locks
   * of such a page, so that no other tab could lead, and grants it a lock that it waits for.
   */
  #onPageLeft(): void {
    if (!this.#session) return
    this.#isAway = true
    this.#leave()
    if (this.#callbacks.topics.size > 0) this.#wait('was handed to other tabs: the page was left', 0)
  }

  #onPageWake(): void {
    this.#session?.wake()
    if (!this.#isAway) return
    this.#isAway = false
    if (this.#callbacks.topics.size > 0) this.#enter()
  }

  /** Requests the topics that were added, and releases those that were removed. */
  #requestTopics(session: TabSession): void {
    const { topics } = this.#callbacks
    const { tab } = session
    for (const key of this.#requested) {
      if (topics.has(key)) continue
      this.#requested.delete(key)
      session.request({ type: 'unsubscribe', tab, key })
    }
    const areUnreliable = this.#areCursorsUnreliable
    this.#areCursorsUnreliable = false
    for (const [key, topic] of topics) {
      const request = topic.takeRequest()
      if (!request) continue
      const { type, cursor } = request
      if (type === 'subscribe') this.#requested.add(key)
      session.request({ type, tab, key, cursor: cursor && areUnreliable ? unknownCursor : cursor })
    }
  }

  #wait(why: string, ms: number): void {
    const message = `The connection to ${this.options.url} ${why}`
    const problem = new parts.TidingsError({ code: 'network', message })
    this.#change({ status: 'waiting', attempt: 1, retryAt: Date.now() + ms, problem })
  }

  #change(state: ConnectionState): void {
    if (this.#isClosed && state.status !== 'closed') return
    // Each response to a ping repeats the state.
    if (JSON.stringify(sentState(state)) === JSON.stringify(sentState(this.#state))) return
    this.#state = state
    this.#callbacks.onChanged()
  }
}
