import type { CompiledContract } from '@tidings/core/wire'
import type { ConnectionState } from './connection-state.js'
import { type Line, type LineOwner, OwnLine } from './line.js'
import { Relay } from './relay.js'
import {
  type Broadcast,
  receivedProblem,
  receivedState,
  type TabMessage,
  type TabRequest,
  type Telling,
} from './tab-messages.js'

/** The part of Web Locks that is used. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, granted: () => unknown): Promise<unknown>
}

/**
 * The line of a client that shares its connection with other tabs: one of its own where the browser cannot do that.
 *
 * @param names of all the events that may come
 */
export function sharedLine(owner: LineOwner, contract: CompiledContract, names: readonly string[]): Line {
  const { navigator } = globalThis as { navigator?: { locks?: Locks } }
  const locks = navigator?.locks
  if (!locks || typeof BroadcastChannel !== 'function') return new OwnLine(owner, names)
  return new SharedLine(owner, contract, names, locks)
}

/**
 * One connection for all tabs of an origin. A lock elects the tab that holds it and relays what comes to the others; each
 * tab has its own topics and cursors. When the holder is closed the lock goes to another tab, which asks all what they want
 * and from where, so that nobody misses anything.
 */
class SharedLine implements Line {
  readonly #owner: LineOwner
  readonly #contract: CompiledContract
  readonly #names: readonly string[]
  readonly #locks: Locks
  /** Which clients share: those of one server and one user, and of contracts with the same channels. */
  readonly #name: string
  readonly #tab = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('')
  readonly #closing = new AbortController()
  readonly #carried = new Set<string>()
  #channel: BroadcastChannel | undefined
  /** There where this browser will not have it shared. */
  #own: OwnLine | undefined
  /** There where this tab holds the connection. */
  #relay: Relay | undefined
  /** The tab that holds the connection, once it has been heard, and since when it does. */
  #holder: string | undefined
  #since = 0
  #state: ConnectionState = { status: 'idle' }
  #isReady = false
  #isScheduled = false

  constructor(owner: LineOwner, contract: CompiledContract, names: readonly string[], locks: Locks) {
    this.#owner = owner
    this.#contract = contract
    this.#names = names
    this.#locks = locks
    this.#name = `tidings 1 ${owner.options.url} ${owner.options.shareAs} ${shapeOf(contract)}`
  }

  get state(): ConnectionState {
    return this.#own?.state ?? this.#state
  }

  open(): void {
    if (this.#own) this.#own.open()
    if (this.#channel) return
    this.#change({ status: 'connecting', attempt: 1 })
    // Whoever was told may have closed it.
    if (this.#closing.signal.aborted) return
    this.#channel = new BroadcastChannel(this.#name)
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => this.#heard(data)
    // Held for as long as the tab is there: it is how the holder learns that it is not.
    this.#hold(tabLock(this.#name, this.#tab), () => {
      this.#isReady = true
      this.sync()
      this.#hold(this.#name, () => this.#begin())
    })
  }

  sync(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.#own?.sync()
      if (this.#isReady && !this.#closing.signal.aborted) this.#ask()
    })
  }

  close(how: 'rested' | 'closed'): void {
    this.#own?.close(how)
    // What nobody wants here any more, somebody may want elsewhere.
    if (how === 'rested') return
    if (!this.#relay) for (const key of this.#carried) this.#request({ type: 'leave', tab: this.#tab, key })
    this.#relay?.close()
    this.#closing.abort()
    this.#channel?.close()
    this.#change({ status: 'closed' })
  }

  /** Holds a lock from when it is granted until the line is closed. */
  #hold(name: string, granted: () => void): void {
    const { signal } = this.#closing
    const held = () => {
      if (signal.aborted) return undefined
      granted()
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    // Closed before it was granted, it rejects; and so it does where a page may not use locks.
    this.#locks.request(name, { signal }, held).catch(() => {
      if (!signal.aborted && !this.#isReady) this.#goAlone()
    })
  }

  /** Has a connection of its own after all. */
  #goAlone(): void {
    this.#channel?.close()
    this.#own = new OwnLine(this.#owner, this.#names)
    this.#own.open()
    this.#own.sync()
  }

  /** This tab holds the connection from now on. */
  #begin(): void {
    // Later than all before, also where the clock was set back.
    const since = Math.max(performance.timeOrigin + performance.now(), this.#since + 1)
    const tell = (telling: Telling) => {
      const message: Broadcast = { ...telling, holder: this.#tab, since }
      this.#channel?.postMessage(message)
      this.#told(message)
    }
    this.#relay = new Relay(this.#owner.options, this.#contract, this.#names, {
      tell,
      // Granted when the tab that has it is gone.
      watch: (tab, gone) => {
        if (tab === this.#tab) return
        this.#locks.request(tabLock(this.#name, tab), { signal: this.#closing.signal }, gone).catch(() => {})
      },
    })
    tell({ type: 'holder' })
  }

  #heard(message: TabMessage): void {
    // The channel is open to every script of the origin.
    if (typeof message !== 'object' || message === null) return
    if ('tab' in message) this.#relay?.asked(message)
    else this.#told(message)
  }

  #told(message: Broadcast): void {
    if (!(message.since >= this.#since)) return
    if (message.holder !== this.#holder) this.#follow(message)
    if (message.to !== undefined && message.to !== this.#tab) return
    switch (message.type) {
      case 'frame':
        this.#owner.received(message.name, message.data, message.id)
        break
      case 'state':
        this.#change(receivedState(message.state))
        break
      case 'refused':
        this.#carried.clear()
        this.#owner.refused(receivedProblem(message.problem))
    }
  }

  /** Another tab holds the connection now. It may be heard of something else first, and the one before it later. */
  #follow({ holder, since, type }: Broadcast): void {
    const isFirst = this.#holder === undefined
    this.#holder = holder
    this.#since = since
    // One that was there before this tab has heard what that asked for.
    if (isFirst && type !== 'holder') return
    this.#carried.clear()
    this.#owner.lost()
    this.sync()
  }

  /** Asks the holder for what is wanted and is not carried, and leaves what is not wanted any more. */
  #ask(): void {
    const { topics } = this.#owner
    const tab = this.#tab
    for (const key of this.#carried) {
      if (topics.has(key)) continue
      this.#carried.delete(key)
      this.#request({ type: 'leave', tab, key })
    }
    for (const [key, topic] of topics) {
      const request = topic.takeRequest()
      if (request === 'snapshot') this.#request({ type: 'snapshot', tab, key, cursor: topic.cursor })
      if (request !== 'subscribe') continue
      this.#carried.add(key)
      this.#request({ type: 'want', tab, key, cursor: topic.cursor })
    }
  }

  #request(request: TabRequest): void {
    if (this.#relay) this.#relay.asked(request)
    else this.#channel?.postMessage(request)
  }

  #change(state: ConnectionState): void {
    if (this.#closing.signal.aborted && state.status !== 'closed') return
    this.#state = state
    this.#owner.changed()
  }
}

/** What tabs have to agree on to understand each other. */
function shapeOf({ procedures }: CompiledContract): string {
  return [...procedures.values()]
    .flatMap((each) =>
      each.kind === 'channel' ? [`${each.path}${each.snapshot ? '!' : ''} ${[...each.events.keys()]}`] : [],
    )
    .sort()
    .join(' ')
}

function tabLock(name: string, tab: string): string {
  return `${name} tab ${tab}`
}
