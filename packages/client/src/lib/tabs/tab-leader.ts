import type { TidingsError } from '@tidings/core'
import {
  type CompiledContract,
  type Cursor,
  decodeSignal,
  formatCursor,
  parseCursor,
  parseTopicKey,
  type Signals,
  type SubscribedSignal,
} from '@tidings/core/wire'
import { DirectTransport, type TransportCallbacks } from '../connection/transport.js'
import type { ResolvedOptions } from '../options.js'
import { LeaderTopic } from './leader-topic.js'
import {
  type JoinedSignal,
  type LeaderMessage,
  sentProblem,
  sentState,
  type TabRequest,
} from './tab-messages.js'

/** What a relay reaches tabs with. */
export interface TabLeaderDeps {
  /** Tells all tabs, this one included, or the one it is to. */
  send(message: LeaderMessage): void
  /** Calls back when a tab is gone. */
  watch(tab: string, gone: () => void): void
}

/**
 * What the tab that holds the connection does for the others: it has carried what any of them wants, and tells everyone
 * what comes. Each tab drops what it has seen, so that a topic may go back to where one of them is.
 */
export class TabLeader implements TransportCallbacks {
  readonly options: ResolvedOptions
  readonly topics = new Map<string, LeaderTopic>()
  readonly #contract: CompiledContract
  readonly #tabs: TabLeaderDeps
  readonly #transport: DirectTransport
  /** By the epoch in the ids of their frames. */
  readonly #named = new Map<string, LeaderTopic>()
  readonly #known = new Set<string>()
  #isClosed = false
  #linger: ReturnType<typeof setTimeout> | undefined

  constructor(
    options: ResolvedOptions,
    contract: CompiledContract,
    names: readonly string[],
    tabs: TabLeaderDeps,
  ) {
    this.options = options
    this.#contract = contract
    this.#tabs = tabs
    this.#transport = new DirectTransport(this, names)
  }

  onRequest(request: TabRequest): void {
    const { tab } = request
    if (request.type === 'ping') {
      const { nonce } = request
      this.#tabs.send({ to: tab, type: 'state', state: sentState(this.#transport.state), nonce })
      return
    }
    if (request.type === 'reconnect') {
      this.#transport.reconnect()
      return
    }
    const { key } = request
    switch (request.type) {
      case 'want':
        this.#meet(tab)
        this.#want(tab, key, parseCursor(request.cursor ?? ''))
        break
      case 'snapshot':
        this.topics.get(key)?.refresh(parseCursor(request.cursor ?? ''))
        break
      case 'leave':
        this.#leave(tab, key)
    }
    if (this.topics.size > 0) {
      clearTimeout(this.#linger)
      this.#transport.open()
    }
    this.#transport.sync()
  }

  onFrame(name: string, data: string, id: string): void {
    if (name === '$subscribed') {
      this.#subscribed(decodeSignal(name, data))
      return
    }
    if (name === '$gap') {
      const { topic, cursor: text } = decodeSignal(name, data)
      const cursor = parseCursor(text)
      const missing = this.#nameAt(topic, cursor)
      // While it is asked for anew, what comes of what was asked before does not count.
      if (!missing?.epoch) return
      missing.onGap(cursor)
    } else if (name === '$error') {
      const { topic, snapshot } = decodeSignal(name, data)
      // The tabs that wait for it ask again.
      if (snapshot) this.topics.get(topic ?? '')?.onRefreshed()
      else this.#drop(topic ?? '')
    } else {
      const cursor = parseCursor(id)
      const topic = cursor && this.#named.get(cursor.epoch)
      // While it is asked for anew nobody goes on, and nothing is left out: it comes again.
      if (!(cursor && topic?.epoch)) return
      topic.onFrame(name, cursor)
      if (name === '$snapshot') this.#transport.sync()
    }
    this.#tabs.send({ type: 'frame', name, data, id })
  }

  /** The tabs are not told: they are where they were, and so are their topics. */
  onLost(): void {
    this.#named.clear()
    for (const topic of this.topics.values()) topic.onLost()
  }

  /** The tabs learn it from the state. */
  onRefused(): void {
    this.topics.clear()
    this.#named.clear()
  }

  onChanged(): void {
    // Its end is no news to the others: one of them goes on.
    if (!this.#isClosed) this.#tabs.send({ type: 'state', state: sentState(this.#transport.state) })
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#linger)
    this.#transport.close('closed')
  }

  #meet(tab: string): void {
    if (this.#known.has(tab)) return
    this.#known.add(tab)
    this.#tabs.watch(tab, () => {
      this.#known.delete(tab)
      for (const key of [...this.topics.keys()]) this.#leave(tab, key)
      this.#transport.sync()
    })
  }

  #want(tab: string, key: string, cursor: Cursor | undefined): void {
    let topic = this.topics.get(key)
    if (!topic) {
      const channel = this.#contract.procedures.get(parseTopicKey(key).path)
      // A script that is no tab of this contract asks for it.
      if (channel?.kind !== 'channel') return
      const hasSnapshot = channel.snapshot !== undefined
      topic = new LeaderTopic(hasSnapshot, (problem, about) => this.#failed(key, problem, about))
      this.topics.set(key, topic)
    }
    topic.tabs.add(tab)
    if (topic.epoch && !topic.isPast(cursor, topic.position)) {
      this.#join(tab, key, topic.epoch, topic.position, cursor)
      return
    }
    topic.waiting.set(tab, cursor)
    // Anew, from where the tab is.
    if (topic.epoch) topic.onLost()
  }

  /** Has a tab join a topic that is carried: where that is, or where the tab was, if it can go on from there. */
  #join(tab: string, key: string, epoch: string, at: Cursor | undefined, was: Cursor | undefined): void {
    const goesOn = was && at && was.epoch === at.epoch
    if (was && !goesOn) {
      // Its place is not to be had any more: the topic has gone through a gap since, which the others were told of. A gap
      // counts once the topic is carried, and a start from which it goes on does once the gap is told.
      this.#signal(tab, '$subscribed', { topic: key, epoch })
      this.#signal(tab, '$gap', { reason: 'history_lost', cursor: formatCursor(at ?? was), topic: key })
    }
    const cursor = goesOn ? was : at
    const subscribed: JoinedSignal = {
      topic: key,
      epoch,
      ...(cursor && { cursor: formatCursor(cursor) }),
      isJoined: !goesOn,
    }
    this.#signal(tab, '$subscribed', subscribed)
  }

  #subscribed({ request, ...signal }: SubscribedSignal): void {
    const { topic: key, epoch, cursor } = signal
    const topic = this.topics.get(key)
    if (!topic?.isRequestedBy(request)) return
    this.#named.set(epoch, topic)
    const start = parseCursor(cursor ?? '')
    if (!topic.onSubscribed(epoch, start)) {
      this.#transport.sync()
      return
    }
    for (const [tab, was] of [...topic.waiting]) {
      // It starts after where this tab is: once more, from there.
      if (topic.isPast(was, start)) continue
      topic.waiting.delete(tab)
      // What was asked to go on from a cursor, and does not, is in a gap: the server tells everyone of it next.
      if (!start && topic.requestedFrom) this.#signal(tab, '$subscribed', signal)
      else this.#join(tab, key, epoch, start, was)
    }
    if (topic.waiting.size > 0) topic.onLost()
    // Also for a snapshot that somebody still waits for.
    this.#transport.sync()
  }

  #nameAt(key: string | undefined, cursor: Cursor | undefined): LeaderTopic | undefined {
    const topic = this.topics.get(String(key))
    if (topic && cursor) this.#named.set(cursor.epoch, topic)
    return topic
  }

  #failed(key: string, problem: TidingsError, about: { snapshot?: true }): void {
    // The tabs that wait for a snapshot ask again.
    if (about.snapshot) this.topics.get(key)?.onRefreshed()
    else this.#drop(key)
    this.#signal(undefined, '$error', { ...sentProblem(problem), topic: key, ...about })
  }

  #leave(tab: string, key: string): void {
    const topic = this.topics.get(key)
    topic?.tabs.delete(tab)
    topic?.waiting.delete(tab)
    if (topic?.tabs.size === 0) this.#drop(key)
  }

  #drop(key: string): void {
    const topic = this.topics.get(key)
    this.topics.delete(key)
    for (const [epoch, named] of this.#named) if (named === topic) this.#named.delete(epoch)
    if (this.topics.size > 0) return
    clearTimeout(this.#linger)
    this.#linger = setTimeout(() => this.#transport.close('rested'), this.options.lingerMs)
  }

  #signal<Name extends keyof Signals>(to: string | undefined, name: Name, payload: Signals[Name]): void {
    this.#tabs.send({ to, type: 'frame', name, data: JSON.stringify(payload), id: '' })
  }
}
