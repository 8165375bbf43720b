import type { TidingsError } from '@tidings/core'
import type { ConnectionState } from '../connection/connection-state.js'
import type { ResolvedOptions } from '../options.js'
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

/** How long a tab waits before it repairs what a message in its name has done, so that many are repaired at once. */
const repairMs = 1_000

/** What a session tells. */
export interface TabSessionCallbacks {
  readonly options: ResolvedOptions
  /** A tab holds the connection, and carries nothing for this one: everything is to be asked for, now and not before. */
  onLeader(isDoubtful: boolean): void
  /** An event or signal came, as it was. */
  onFrame(name: string, data: string, id: string): void
  onChanged(state: ConnectionState): void
  /** The holder does not answer. */
  onLeaderSilent(): void
  /** The server refused the connection. */
  onRefused(problem: TidingsError): void
  /** The session is over, since another tab took its locks. */
  onEnded(): void
  /** The page may not use locks. */
  onDenied(): void
}

/**
 * One stay of a tab in a group of tabs that share a connection. It ends when the page stops, or is taken for stopped; when
 * the page goes on, it enters again, as another tab.
 *
 * The lock says which tab is the holder, and no message does: what a tab that does not have the lock tells is not heard. A
 * message cannot be traced to the tab that sent it, though. But no channel hears its own messages, so that a tab notices
 * when another script speaks in its name, and has put right what came of that.
 */
export class TabSession {
  readonly #callbacks: TabSessionCallbacks
  readonly #group: TabGroup
  readonly #tab = newId()
  readonly #locks: TabLocks
  readonly #channel: BroadcastChannel
  #watch: LeaderWatch | undefined
  #isClosed = false
  /** The tab that holds the connection. */
  #leader: string | undefined
  /** There where this tab is the holder. */
  #leading: TabLeader | undefined
  /** The last tab that was heard and is not known to be the holder. */
  #unknown: string | undefined
  #mustLook = false
  #looking: Promise<void> | undefined
  /** That of the last ping. */
  #nonce = ''
  /** Whether a refusal was told that the holder has not confirmed. */
  #isRefusalOpen = false
  #repair: ReturnType<typeof setTimeout> | undefined

  constructor(owner: TabSessionCallbacks, group: TabGroup) {
    this.#callbacks = owner
    this.#group = group
    this.#locks = new TabLocks(group.locks, group.name, this.#tab)
    this.#channel = new BroadcastChannel(group.name)
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#heard(data)
    this.#locks.enter(
      () => this.#entered(),
      (wasGranted) => (wasGranted ? owner.onEnded() : owner.onDenied()),
    )
  }

  /** Whether there is a holder to ask. */
  get isReady(): boolean {
    return this.#leader !== undefined
  }

  /** Whether this tab holds the connection. */
  get isLeader(): boolean {
    return this.#leading !== undefined
  }

  ask(request: TopicRequest): void {
    this.#request(request)
  }

  /** Has the holder make another connection. */
  reconnect(): void {
    this.#request({ type: 'reconnect', tab: this.#tab })
  }

  /** The id by which requests are made. */
  get tab(): string {
    return this.#tab
  }

  /** The page was away: the holder may have been, too. */
  wake(): void {
    this.#watch?.ask()
  }

  close(): void {
    this.#isClosed = true
    this.#watch?.end()
    clearTimeout(this.#repair)
    this.#leading?.close()
    this.#channel.close()
    this.#locks.release()
  }

  #entered(): void {
    this.#watch = new LeaderWatch({
      ping: () => this.#ping(),
      onSilent: () => this.#callbacks.onLeaderSilent(),
      takeOver: () => void this.#takeOver(),
    })
    this.#queue()
    void this.#look()
  }

  #queue(): void {
    this.#locks.queue(
      () => this.#hold(),
      (wasGranted) => this.#lost(wasGranted),
    )
  }

  async #takeOver(): Promise<void> {
    const silent = this.#leader
    await this.#look()
    if (this.#isClosed || this.#leading || this.#leader !== silent || !this.#watch?.isDoubtful) return
    this.#locks.steal(
      () => this.#hold(),
      (wasGranted) => this.#lost(wasGranted),
    )
  }

  #lost(wasGranted: boolean): void {
    if (wasGranted) this.#callbacks.onEnded()
  }

  /** This tab holds the connection from now on. */
  #hold(): void {
    const { contract, eventNames } = this.#group
    this.#watch?.end()
    this.#leader = this.#tab
    const tell = (telling: LeaderMessage) => {
      const { to } = telling
      if (to !== this.#tab) this.#post({ ...telling, holder: this.#tab })
      if (to === undefined || to === this.#tab) this.#deliver(telling)
    }
    this.#leading = new TabLeader(this.#callbacks.options, contract, eventNames, {
      send: tell,
      watch: (tab, gone) => {
        if (tab !== this.#tab) this.#locks.watch(tab, gone)
      },
    })
    tell({ type: 'holder' })
  }

  #heard(data: unknown): void {
    const message = readTabMessage(data)
    if (!message) return
    const speaker = 'tab' in message ? message.tab : message.holder
    if (speaker === this.#tab) this.#repairSoon()
    else if ('tab' in message) {
      if (message.type === 'ping') void this.#answer(message)
      else this.#leading?.onRequest(message)
    } else if (speaker === this.#leader) this.#told(message)
    // The holder learns from its lock that it is one no more.
    else if (!this.#leading) {
      this.#unknown = speaker
      void this.#look()
    }
  }

  /** Chromium 156 delivers the messages of channels to a frozen page, but not what its locks are: that page stays silent. */
  async #answer(ping: TabRequest): Promise<void> {
    if (!this.#leading) return
    const holders = await this.#locks.holders()
    if (holders.includes(this.#tab)) this.#leading.onRequest(ping)
  }

  #told(message: StampedLeaderMessage): void {
    // A frozen page answers what it can without its connection.
    if (message.type !== 'frame' || message.to === undefined) {
      // It runs after all. What its connection is doing is not known.
      if (this.#watch?.isDoubtful) this.#ping()
      this.#watch?.heard()
    }
    if (message.to !== undefined && message.to !== this.#tab) return
    try {
      this.#deliver(message)
    } catch {
      // It holds what no server sends. Handlers of the user's do not throw here.
      this.#repairSoon()
    }
  }

  #deliver(telling: LeaderMessage): void {
    switch (telling.type) {
      case 'holder':
        this.#callbacks.onLeader(telling.isDoubtful === true)
        break
      case 'frame':
        this.#callbacks.onFrame(telling.name, telling.data, telling.id)
        break
      case 'state':
        this.#changed(receivedState(telling.state), telling.nonce === this.#nonce)
    }
  }

  /** A refusal ends all topics: it counts when the holder confirms it, since only the holder hears what it is asked. */
  #changed(state: ConnectionState, isAnswer: boolean): void {
    const isConfirmed = this.#leading !== undefined || (isAnswer && this.#isRefusalOpen)
    if (isAnswer && this.#isRefusalOpen && state.status !== 'closed') this.#callbacks.onLeader(false)
    if (isAnswer) this.#isRefusalOpen = false
    if (state.status !== 'closed') this.#callbacks.onChanged(state)
    else if (isConfirmed && state.problem) {
      this.#callbacks.onChanged(state)
      this.#callbacks.onRefused(state.problem)
    } else if (!isAnswer) {
      this.#isRefusalOpen = true
      this.#ping()
    }
  }

  /** Reads from the locks which tab is the holder. */
  #look(): Promise<void> {
    this.#mustLook = true
    this.#looking ??= this.#lookUntilKnown().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #lookUntilKnown(): Promise<void> {
    while (this.#mustLook) {
      this.#mustLook = false
      const holders = await this.#locks.holders()
      if (this.#isClosed || this.#leading) return
      const isHolder = (tab: string | undefined) => tab !== undefined && holders.includes(tab)
      const holder = [this.#unknown, this.#leader, holders[0]].find(isHolder)
      this.#unknown = undefined
      if (holder !== undefined && holder !== this.#leader) this.#follow(holder)
    }
  }

  #follow(holder: string): void {
    this.#leader = holder
    this.#isRefusalOpen = false
    this.#watch?.heard()
    this.#watch?.ask()
    this.#callbacks.onLeader(false)
  }

  /** Has put right, after a while, what a message in the name of this tab may have done. */
  #repairSoon(): void {
    this.#repair ??= setTimeout(() => {
      this.#repair = undefined
      if (this.#leading) this.#post({ type: 'holder', isDoubtful: true, holder: this.#tab })
      else if (this.#leader !== undefined) {
        this.#ping()
        this.#callbacks.onLeader(false)
      }
    }, repairMs)
  }

  #ping(): void {
    this.#nonce = newId()
    this.#request({ type: 'ping', tab: this.#tab, nonce: this.#nonce })
  }

  #request(request: TabRequest): void {
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
