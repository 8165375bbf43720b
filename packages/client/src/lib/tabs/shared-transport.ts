import { TidingsError } from '@tidings/core'
import type { CompiledContract } from '@tidings/core/wire'
import type { ConnectionState } from '../connection/connection-state.js'
import { watchPage } from '../connection/page-lifecycle.js'
import { DirectTransport, type Transport, type TransportCallbacks } from '../connection/transport.js'
import type { ResolvedOptions } from '../options.js'
import { groupName, type TabGroup } from './tab-group.js'
import type { Locks } from './tab-locks.js'
import { sentState } from './tab-messages.js'
import { TabSession, type TabSessionCallbacks } from './tab-session.js'

/** The cursor of a topic that has to be told what it may have missed: that of a log that does not exist. */
const nowhere = '-.0'

/**
 * Creates the line of a client that shares its connection with other tabs: one of its own where the browser cannot do that.
 *
 * @param names of all the events that may come
 */
export async function createSharedTransport(
  owner: TransportCallbacks,
  contract: CompiledContract,
  names: readonly string[],
): Promise<Transport> {
  const { navigator } = globalThis as { navigator?: { locks?: Locks } }
  const locks = navigator?.locks
  if (!locks || typeof BroadcastChannel !== 'function' || !globalThis.crypto?.subtle) {
    return new DirectTransport(owner, names)
  }
  const name = await groupName(owner.options, contract)
  return new SharedTransport(owner, { name, locks, contract, eventNames: names })
}

/**
 * One connection for all tabs of an origin. A lock elects the tab that holds it and relays what comes to the others; each
 * tab has its own topics and cursors. When the holder is closed, stops or does not answer, the lock goes to another tab,
 * which asks all what they want and from where, so that no tab misses anything.
 */
class SharedTransport implements Transport, TabSessionCallbacks {
  readonly #callbacks: TransportCallbacks
  readonly #group: TabGroup
  /** The topics that the holder was asked to carry. */
  readonly #carried = new Set<string>()
  /** There where this browser will not have it shared. */
  #direct: DirectTransport | undefined
  /** There while the page is not away. */
  #session: TabSession | undefined
  #isAway = false
  #isClosed = false
  #isScheduled = false
  /** Whether the cursors cannot be relied on: the next request for each topic says so. */
  #isUnreliable = false
  #state: ConnectionState = { status: 'idle' }
  #stopWatching: (() => void) | undefined

  constructor(owner: TransportCallbacks, group: TabGroup) {
    this.#callbacks = owner
    this.#group = group
  }

  get options(): ResolvedOptions {
    return this.#callbacks.options
  }

  get state(): ConnectionState {
    return this.#direct?.state ?? this.#state
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
      if (this.#session?.isReady) this.#request(this.#session)
    })
  }

  /** The holder does that, for all tabs. */
  reconnect(): void {
    this.#direct?.reconnect()
    this.#session?.reconnect()
  }

  close(how: 'rested' | 'closed'): void {
    this.#direct?.close(how)
    if (how === 'rested') {
      this.#rest()
      return
    }
    this.#isClosed = true
    this.#stopWatching?.()
    this.#session?.close()
    this.#session = undefined
    this.#change({ status: 'closed' })
  }

  onLeader(isDoubtful: boolean): void {
    this.#carried.clear()
    this.#isUnreliable ||= isDoubtful
    this.#callbacks.onLost()
    this.sync()
  }

  onFrame(name: string, data: string, id: string): void {
    this.#callbacks.onFrame(name, data, id)
  }

  onChanged(state: ConnectionState): void {
    // A holder that was just elected has not been asked for anything.
    if (state.status !== 'idle' || this.#callbacks.topics.size === 0) this.#change(state)
  }

  onLeaderSilent(): void {
    this.#wait('does not answer: the tab that holds it may be frozen', 2_000)
  }

  onRefused(problem: TidingsError): void {
    this.#carried.clear()
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
    this.#direct = new DirectTransport(this.#callbacks, this.#group.eventNames)
    this.#direct.open()
    this.#direct.sync()
  }

  /** Leaves the group while nothing is subscribed to, unless this tab holds the connection, which others may need. */
  #rest(): void {
    if (!this.#session || this.#session.isLeader) return
    this.#leave()
    this.#change({ status: 'idle' })
  }

  #enter(): void {
    this.#stopWatching ??= watchPage(
      () => this.#onWake(),
      () => this.#onLeave(),
    )
    this.#change({ status: 'connecting', attempt: 1 })
    // A handler of that may have closed the client.
    if (!this.#isClosed) this.#session = new TabSession(this, this.#group)
  }

  #leave(): void {
    this.#session?.close()
    this.#session = undefined
    this.#carried.clear()
    this.#callbacks.onLost()
  }

  /**
   * The page stops: it is frozen, or goes to the back-forward cache. Chromium 156 keeps the locks of such a page, so that no
   * other tab could be elected, and grants a lock to a page that does not run.
   */
  #onLeave(): void {
    if (!this.#session) return
    this.#isAway = true
    this.#leave()
    if (this.#callbacks.topics.size > 0) this.#wait('was handed to other tabs: the page was left', 0)
  }

  #onWake(): void {
    this.#session?.wake()
    if (!this.#isAway) return
    this.#isAway = false
    if (this.#callbacks.topics.size > 0) this.#enter()
  }

  /** Asks the holder for the topics that are wanted and not carried, and leaves those that are not wanted any more. */
  #request(session: TabSession): void {
    const { topics } = this.#callbacks
    const { tab } = session
    for (const key of this.#carried) {
      if (topics.has(key)) continue
      this.#carried.delete(key)
      session.ask({ type: 'leave', tab, key })
    }
    const isDoubtful = this.#isUnreliable
    this.#isUnreliable = false
    for (const [key, topic] of topics) {
      const request = topic.takeRequest()
      if (request === undefined) continue
      if (request === 'subscribe') this.#carried.add(key)
      const type = request === 'subscribe' ? 'want' : 'snapshot'
      session.ask({ type, tab, key, cursor: topic.cursor && isDoubtful ? nowhere : topic.cursor })
    }
  }

  #wait(why: string, ms: number): void {
    const message = `The connection to ${this.options.url} ${why}`
    const problem = new TidingsError({ code: 'network', message })
    this.#change({ status: 'waiting', attempt: 1, retryAt: Date.now() + ms, problem })
  }

  #change(state: ConnectionState): void {
    if (this.#isClosed && state.status !== 'closed') return
    // Each answer to a ping tells it.
    if (JSON.stringify(sentState(state)) === JSON.stringify(sentState(this.#state))) return
    this.#state = state
    this.#callbacks.onChanged()
  }
}
