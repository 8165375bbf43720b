import type { CompiledContract, Signals } from '@tidings/core/wire'
import type { ReleaseReason } from '../connection/control.js'
import type { DirectTransport, TransportCallbacks } from '../connection/transport.js'
import type { DriftWatcher } from '../options/drift-watcher.js'
import type { ResolvedOptions } from '../options/resolved-options.js'
import type { TopicTable } from '../topics/topic-table.js'
import { LeaderTopic, type LeaderTopicDeps } from './leader-topic.js'
import { parts } from './parts.js'
import { type LeaderMessage, sentState, type TabRequest } from './tab-messages.js'

export interface TabLeaderDeps {
  /** Sends a message to the tab that it names, or to all tabs including this one. */
  send(message: LeaderMessage): void
  /** Calls `onClosed` when a tab has closed. */
  watch(tab: string, onClosed: () => void): void
}

/**
 * The leading tab's work for all tabs: carries the topics that any tab subscribes to, and sends each frame to
 * all tabs. Each tab drops the frames that it has received before.
 */
export class TabLeader implements TransportCallbacks, LeaderTopicDeps {
  readonly options: ResolvedOptions
  readonly #contract: CompiledContract
  readonly #deps: TabLeaderDeps
  readonly #transport: DirectTransport
  readonly #table: TopicTable<LeaderTopic>
  readonly #tabs = new Set<string>()
  /** The hash of the server's contract, which each tab compares with its own. */
  #hash: unknown
  #isClosed = false

  constructor(
    options: ResolvedOptions,
    contract: CompiledContract,
    eventNames: readonly string[],
    deps: TabLeaderDeps,
  ) {
    // The leader decodes no events, so that it ignores none.
    const onOpened: DriftWatcher['onOpened'] = (hash) => {
      this.#hash = hash
    }
    this.options = { ...options, drift: { onOpened } as DriftWatcher }
    this.#contract = contract
    this.#deps = deps
    this.#transport = new parts.DirectTransport(this, eventNames)
    this.#table = new parts.TopicTable(options.lingerMs, () => this.#transport.close('idle'))
  }

  get topics(): ReadonlyMap<string, LeaderTopic> {
    return this.#table.byKey
  }

  onRequest(request: TabRequest): void {
    const { tab } = request
    switch (request.type) {
      case 'ping':
        this.#sendState(tab, request.nonce)
        return
      case 'reconnect':
        this.#transport.reconnect()
        return
      case 'subscribe':
        this.#watch(tab)
        this.#topicOf(request.key)?.subscribe(tab, parts.parseCursor(request.cursor ?? ''))
        break
      case 'snapshot':
        this.topics.get(request.key)?.refresh(parts.parseCursor(request.cursor ?? ''))
        break
      case 'pause':
        this.topics.get(request.key)?.pause(tab)
        break
      case 'unsubscribe':
        this.topics.get(request.key)?.unsubscribe(tab, 'left')
    }
    if (!this.#table.isEmpty) this.#transport.open()
    this.#transport.sync()
  }

  onFrame(name: string, data: string, id: string): void {
    const topic = this.#table.dispatch(name, data, id)
    // Sent by the topic itself.
    const isSent = name === '$subscribed' || name === '$error'
    // Frames that arrive while a topic is requested again are sent again after that.
    if (!isSent && topic?.state.status === 'subscribed') this.#deps.send({ type: 'frame', name, data, id })
    if (name.startsWith('$')) this.#transport.sync()
  }

  /** The other tabs do not learn of it: their topics wait for the frames that follow their positions. */
  onLost(): void {
    this.#table.onLost()
  }

  /** The other tabs learn of the refusal from the state. */
  onRefused(): void {
    this.#table.clear()
  }

  onChanged(): void {
    // The other tabs elect another leader when this one closes.
    if (!this.#isClosed) this.#sendState()
  }

  close(): void {
    this.#isClosed = true
    this.#table.close()
    this.#transport.close('closed')
  }

  onReleased(topic: LeaderTopic, reason: ReleaseReason): void {
    this.#table.release(topic)
    this.#transport.onReleased(topic.key, reason)
  }

  send<Name extends keyof Signals>(to: string | undefined, name: Name, payload: Signals[Name]): void {
    this.#deps.send({ to, type: 'frame', name, data: JSON.stringify(payload), id: '' })
  }

  #sendState(to?: string, nonce?: string): void {
    const state = sentState(this.#transport.state)
    this.#deps.send({ to, type: 'state', state, nonce, contract: this.#hash })
  }

  /** Has a tab's topics released when it closes. */
  #watch(tab: string): void {
    if (this.#tabs.has(tab)) return
    this.#tabs.add(tab)
    this.#deps.watch(tab, () => {
      this.#tabs.delete(tab)
      for (const topic of [...this.topics.values()]) topic.unsubscribe(tab, 'lost')
      this.#transport.sync()
    })
  }

  /** Returns undefined for a key of no channel or stream: any script of the origin can send a message. */
  #topicOf(key: string): LeaderTopic | undefined {
    const known = this.topics.get(key)
    const procedure = this.#contract.procedures.get(parts.parseTopicKey(key).path)
    const isRun = procedure?.kind === 'stream' && parts.parseRunKey(key) !== undefined
    if (known || !(isRun || procedure?.kind === 'channel')) return known
    const hasSnapshot = procedure.kind === 'channel' && procedure.snapshot !== undefined
    const topic = new LeaderTopic(this, key, { isRun, hasSnapshot })
    this.#table.add(topic)
    return topic
  }
}
