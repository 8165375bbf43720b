import type { TidingsError } from '@tidings/core'
import type { ConnectionState } from '../connection/connection-state.js'
import type { ResolvedOptions } from '../options/resolved-options.js'
import { LeaderWatch } from './leader-watch.js'
import type { TabGroup } from './tab-group.js'
import { TabLeader } from './tab-leader.js'
import { TabLocks } from './tab-locks.js'
import {
  type LeaderMessage,
  readTabMessage,
  receivedState,
  type StampedLeaderMessage,
  type TabRequest,
  type TopicRequest,
} from './tab-messages.js'

/** Milliseconds until a tab repairs the effect of forged messages, so that it repairs many at once. */
const repairMs = 1_000

export interface TabSessionCallbacks {
  readonly options: ResolvedOptions
  readonly state: ConnectionState
  /**
   * Called when a tab leads, which carries no topics for this one yet. With `isForged`, cursors are
   * unreliable.
   */
  onLeader(isForged: boolean): void
  /** Called with each event and signal that the leader relays. */
  onRelayed(name: string, data: string, id: string): void
  onChanged(state: ConnectionState): void
  /** Called when the leader does not respond. */
  onLeaderSilent(): void
  /** Called when the server refused the connection. */
  onRefused(problem: TidingsError): void
  /** Called when another tab took this tab's locks, which ends the session. */
  onEnded(): void
  /** Called when the page may not use locks. */
  onDenied(): void
}

/**
 * The time that a tab spends in a group of tabs that share a connection. A session ends when the page stops
 * or seems to have stopped. When the page continues, it starts another session, as another tab.
 *
 * The lock determines the leader, and messages of other tabs in its name are ignored. A message cannot be
 * traced to its sender, but a channel does not receive its own messages: a tab that receives a message in its
 * own name knows that another script forged it, and repairs the effect. See decision 009.
 */
export class TabSession {
  /** The id of this tab in its requests. */
  readonly tab = newId()
  readonly #callbacks: TabSessionCallbacks
  readonly #group: TabGroup
  readonly #locks: TabLocks
  readonly #channel: BroadcastChannel
  #watch: LeaderWatch | undefined
  #isClosed = false
  /** The tab that leads. */
  #leader: string | undefined
  /** Set while this tab leads. */
  #leading: TabLeader | undefined
  /** The last tab that sent a message as the leader, and is not known to lead. */
  #claimant: string | undefined
  #mustSearch = false
  #search: Promise<void> | undefined
  /** The nonce of the last ping. */
  #nonce = ''
  /** Whether a refusal was received that the leader has not confirmed. */
  #isRefusalPending = false
  #repairTimer: ReturnType<typeof setTimeout> | undefined

  constructor(callbacks: TabSessionCallbacks, group: TabGroup) {
    this.#callbacks = callbacks
    this.#group = group
    this.#locks = new TabLocks(group.locks, group.name, this.tab)
    this.#channel = new BroadcastChannel(group.name)
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#onMessage(data)
    this.#locks.enter(
      () => this.#onEntered(),
      (wasGranted) => (wasGranted ? callbacks.onEnded() : callbacks.onDenied()),
    )
  }

  /** Whether the leader is known, so that requests can be sent. */
  get isReady(): boolean {
    return this.#leader !== undefined
  }

  /** Whether this tab leads. */
  get isLeader(): boolean {
    return this.#leading !== undefined
  }

  request(request: TopicRequest): void {
    this.#send(request)
  }

  /** Has the leader make another connection. */
  reconnect(): void {
    this.#send({ type: 'reconnect', tab: this.tab })
  }

  /** Pings the leader, which may have stopped while this page was suspended. */
  wake(): void {
    this.#watch?.ping()
  }

  close(): void {
    this.#isClosed = true
    this.#watch?.end()
    clearTimeout(this.#repairTimer)
    this.#leading?.close()
    this.#channel.close()
    this.#locks.release()
  }

  #onEntered(): void {
    this.#watch = new LeaderWatch({
      ping: () => this.#ping(),
      onSilent: () => this.#callbacks.onLeaderSilent(),
      takeOver: () => void this.#takeOver(),
    })
    this.#compete('queue')
    void this.#findLeader()
  }

  async #takeOver(): Promise<void> {
    const silent = this.#leader
    await this.#findLeader()
    if (this.#isClosed || this.#leading || this.#leader !== silent || !this.#watch?.isSilent) return
    this.#compete('steal')
  }

  /** Leads when this tab has the lock that elects the leader. */
  #compete(how: 'queue' | 'steal'): void {
    this.#locks[how](
      () => this.#lead(),
      (wasGranted) => {
        if (wasGranted) this.#callbacks.onEnded()
      },
    )
  }

  /** Makes this tab the leader. */
  #lead(): void {
    const { contract, eventNames } = this.#group
    this.#watch?.end()
    this.#leader = this.tab
    const send = (message: LeaderMessage) => {
      const { to } = message
      if (to !== this.tab) this.#post({ ...message, leader: this.tab })
      if (to === undefined || to === this.tab) this.#receive(message)
    }
    this.#leading = new TabLeader(this.#callbacks.options, contract, eventNames, {
      send,
      watch: (tab, onClosed) => {
        if (tab !== this.tab) this.#locks.watch(tab, onClosed)
      },
    })
    send({ type: 'leader' })
  }

  #onMessage(data: unknown): void {
    const message = readTabMessage(data)
    if (!message) return
    const sender = 'tab' in message ? message.tab : message.leader
    if (sender === this.tab) this.#repairSoon()
    else if ('tab' in message) {
      if (message.type === 'ping') void this.#respond(message)
      else this.#leading?.onRequest(message)
    } else if (sender === this.#leader) this.#onLeaderMessage(message)
    // A tab learns from its lock that it does not lead any more.
    else if (!this.#leading) {
      this.#claimant = sender
      void this.#findLeader()
    }
  }

  /**
   * Chromium 156 delivers channel messages to a frozen page, but not responses of its locks: the page stays
   * silent.
   */
  async #respond(ping: TabRequest): Promise<void> {
    if (!this.#leading) return
    const leaders = await this.#locks.leaders()
    if (leaders.includes(this.tab)) this.#leading.onRequest(ping)
  }

  #onLeaderMessage(message: StampedLeaderMessage): void {
    // A frozen page still sends the frames to single tabs that need no connection.
    if (message.type !== 'frame' || message.to === undefined) {
      // The leader runs after all. The state of its connection is unknown.
      if (this.#watch?.isSilent) this.#ping()
      this.#watch?.onMessage()
    }
    if (message.to !== undefined && message.to !== this.tab) return
    try {
      this.#receive(message)
    } catch {
      // No server sends such a frame. Errors of the user's handlers are caught before.
      this.#repairSoon()
    }
  }

  #receive(message: LeaderMessage): void {
    switch (message.type) {
      case 'leader':
        this.#callbacks.onLeader(message.isForged === true)
        break
      case 'frame':
        this.#callbacks.onRelayed(message.name, message.data, message.id)
        break
      case 'state':
        this.#callbacks.options.drift?.onOpened(message.contract, this.#callbacks)
        this.#onState(receivedState(message.state), message.nonce === this.#nonce)
    }
  }

  /**
   * A refusal ends all topics, so the leader has to confirm it in the response to a ping, which cannot be
   * forged.
   */
  #onState(state: ConnectionState, isResponse: boolean): void {
    const isAwaited = isResponse && this.#isRefusalPending
    if (isResponse) this.#isRefusalPending = false
    if (state.status !== 'closed') {
      if (isAwaited) this.#callbacks.onLeader(false)
      this.#callbacks.onChanged(state)
    } else if ((this.#leading || isAwaited) && state.problem) {
      this.#callbacks.onChanged(state)
      this.#callbacks.onRefused(state.problem)
    } else if (!isResponse) {
      this.#isRefusalPending = true
      this.#ping()
    }
  }

  /** Reads from the locks which tab leads. */
  #findLeader(): Promise<void> {
    this.#mustSearch = true
    this.#search ??= this.#searchLeader().finally(() => {
      this.#search = undefined
    })
    return this.#search
  }

  async #searchLeader(): Promise<void> {
    while (this.#mustSearch) {
      this.#mustSearch = false
      const leaders = await this.#locks.leaders()
      if (this.#isClosed || this.#leading) return
      const leads = (tab: string | undefined) => tab !== undefined && leaders.includes(tab)
      const leader = [this.#claimant, this.#leader, leaders[0]].find(leads)
      this.#claimant = undefined
      if (leader !== undefined && leader !== this.#leader) this.#follow(leader)
    }
  }

  #follow(leader: string): void {
    this.#leader = leader
    this.#isRefusalPending = false
    this.#watch?.onMessage()
    this.#watch?.ping()
    this.#callbacks.onLeader(false)
  }

  /** Repairs, after a while, the effect that messages in the name of this tab may have had. */
  #repairSoon(): void {
    this.#repairTimer ??= setTimeout(() => {
      this.#repairTimer = undefined
      if (this.#leading) this.#post({ type: 'leader', isForged: true, leader: this.tab })
      else if (this.#leader !== undefined) {
        this.#ping()
        this.#callbacks.onLeader(false)
      }
    }, repairMs)
  }

  #ping(): void {
    this.#nonce = newId()
    this.#send({ type: 'ping', tab: this.tab, nonce: this.#nonce })
  }

  #send(request: TabRequest): void {
    if (this.#leading) this.#leading.onRequest(request)
    else this.#post(request)
  }

  #post(message: TabRequest | StampedLeaderMessage): void {
    if (!this.#isClosed) this.#channel.postMessage(message)
  }
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('')
}
