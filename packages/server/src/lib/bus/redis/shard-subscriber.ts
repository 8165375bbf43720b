import { withTimeout } from '../../deadline.js'
import { pause } from '../../pause.js'
import type { ChannelListener } from './channels.js'
import { destroy, type RedisLinkCallbacks, reconnectStrategy } from './link.js'

/** How often it is looked whether the masters are what they were, and how long one may take to say so, in milliseconds. */
const checkMs = 1_000

/** How long things may go on changing before the channels of a master are subscribed to anew, in milliseconds. */
const renewMs = 250

/** For how long what was subscribed to anew is told of as one, in milliseconds. */
const lossWindowMs = 50

/** How often a channel may be looked for where it is said to be. */
const maxMoves = 5

/** What is needed of a client that is subscribed with. */
export interface SubscriberConnection {
  readonly isReady: boolean
  on(event: string, listener: (error: unknown) => void): unknown
  once(event: string, listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): void
  sSubscribe(channel: string, listener: ChannelListener): Promise<void>
  sUnsubscribe(channel: string, listener: ChannelListener): Promise<void>
}

/** The servers at which channels are subscribed to. */
export interface Masters {
  /** The address of the one that has a channel. @param hasMoved whether it was not where it was last said to be */
  addressOf(channel: string, hasMoved: boolean): Promise<string>
  /** A client for one of them, which does not connect yet. */
  clientFor(address: string): Promise<SubscriberConnection>
  /** What it may be relied upon for as long as it stays the same; nothing where it is a master no more. Rejects if it is away. */
  stateOf(address: string): Promise<string | undefined>
}

/** A master at which there is something to subscribe to. */
interface SubscribedMaster {
  readonly address: string
  readonly connection: SubscriberConnection
  /** What it said of itself before it was connected to. */
  readonly state: string | undefined
}

interface Subscription {
  readonly listener: ChannelListener
  /** Under way until it is subscribed; rejects if that was given up. */
  subscribing: Promise<void>
  /** Where it is subscribed. */
  master: SubscribedMaster | undefined
  isLeft: boolean
}

/**
 * Subscribes to channels, each at the master that has it, and follows them to others:
 * https://redis.io/docs/latest/develop/pubsub/#sharded-pubsub
 *
 * A master of a cluster that has lost a slot unsubscribes its channels, unasked. A client takes that for the answer to whatever
 * it has just asked for, and from then on does not know what it is subscribed to. So once a master is not what it was, its
 * connection is replaced.
 */
export class ShardSubscriber {
  readonly #masters: Masters
  readonly #callbacks: RedisLinkCallbacks
  readonly #subscriptions = new Map<string, Subscription>()
  /** By their addresses. */
  readonly #homes = new Map<string, Promise<SubscribedMaster>>()
  /** Those whose connections know what they are subscribed to. */
  readonly #trusted = new Set<SubscribedMaster>()
  /** Those whose connections are to be replaced. */
  readonly #distrusted = new Set<SubscribedMaster>()
  readonly #closing = new AbortController()
  #renewal: NodeJS.Timeout | undefined
  #doubt: NodeJS.Timeout | undefined

  constructor(masters: Masters, owner: RedisLinkCallbacks) {
    this.#masters = masters
    this.#callbacks = owner
    void this.#watch()
  }

  async subscribe(channel: string, listener: ChannelListener): Promise<void> {
    const subscription: Subscription = {
      listener,
      subscribing: Promise.resolve(),
      master: undefined,
      isLeft: false,
    }
    this.#subscriptions.set(channel, subscription)
    subscription.subscribing = this.#place(channel, subscription)
    try {
      await subscription.subscribing
    } catch (error) {
      this.#subscriptions.delete(channel)
      throw error
    }
  }

  /** Leaves a channel that was subscribed to. @throws Error what went wrong: it is subscribed to still */
  async unsubscribe(channel: string): Promise<void> {
    const subscription = this.#subscriptions.get(channel)
    if (!subscription) return
    subscription.isLeft = true
    await subscription.subscribing
    try {
      await subscription.master?.connection.sUnsubscribe(channel, subscription.listener)
    } catch (error) {
      // With a connection that was replaced, its subscriptions went.
      if (subscription.master) {
        subscription.isLeft = false
        throw error
      }
    }
    this.#subscriptions.delete(channel)
  }

  close(): void {
    this.#closing.abort(new Error('The bus was closed'))
    clearTimeout(this.#renewal)
    clearTimeout(this.#doubt)
    for (const { connection } of this.#trusted) destroy(connection)
    this.#trusted.clear()
    this.#homes.clear()
  }

  /** Subscribes to a channel at the master that has it. */
  async #place(channel: string, subscription: Subscription): Promise<void> {
    let moves = 0
    while (!subscription.master) {
      const home = await this.#homeOf(channel, moves > 0)
      try {
        await home.connection.sSubscribe(channel, subscription.listener)
        if (this.#trusted.has(home)) subscription.master = home
      } catch (error) {
        if (!this.#trusted.has(home)) continue
        moves += 1
        if (!isMoved(error) || moves > maxMoves) throw error
      }
    }
  }

  /** The same for one that was there before, until it succeeds or nobody wants it any more. Never rejects. */
  async #placeAgain(channel: string, subscription: Subscription): Promise<void> {
    const { signal } = this.#closing
    subscription.master = undefined
    for (let count = 0; !(subscription.isLeft || signal.aborted); count += 1) {
      try {
        await this.#place(channel, subscription)
        this.#doubtSoon()
        return
      } catch (error) {
        if (!signal.aborted) this.#callbacks.onFailed(error)
        await pause(reconnectStrategy(count), signal)
      }
    }
  }

  async #homeOf(channel: string, hasMoved: boolean): Promise<SubscribedMaster> {
    const address = await this.#masters.addressOf(channel, hasMoved)
    this.#closing.signal.throwIfAborted()
    let home = this.#homes.get(address)
    if (!home) {
      home = this.#open(address)
      this.#homes.set(address, home)
      home.catch(() => this.#homes.delete(address))
    }
    return home
  }

  async #open(address: string): Promise<SubscribedMaster> {
    const connection = await this.#masters.clientFor(address)
    const state = await withTimeout(checkMs, this.#masters.stateOf(address))
    this.#closing.signal.throwIfAborted()
    const home: SubscribedMaster = { address, connection, state }
    this.#trusted.add(home)
    connection.on('error', (error) => {
      if (!connection.isReady) {
        this.#callbacks.onFailed(error)
        return
      }
      const message = `The server ${address} sent an unexpected reply. Reconnecting to it`
      this.#callbacks.onFailed(new Error(message, { cause: error }))
      this.#distrust(home)
    })
    connection.on('sharded-channel-moved', () => this.#distrust(home))
    // The first time, nothing was subscribed that could have been lost.
    connection.once('ready', () => connection.on('ready', () => this.#doubtSoon()))
    connection.connect().catch(() => {})
    return home
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await pause(checkMs, signal)
      await Promise.all([...this.#trusted].map((home) => this.#check(home)))
    }
  }

  async #check(home: SubscribedMaster): Promise<void> {
    try {
      const state = await withTimeout(checkMs, this.#masters.stateOf(home.address))
      if (state === undefined || state !== home.state) this.#distrust(home)
    } catch {
      // It is away, which its connection tells.
    }
  }

  #distrust(home: SubscribedMaster): void {
    if (!this.#trusted.has(home)) return
    this.#distrusted.add(home)
    this.#renewal ??= setTimeout(() => this.#renew(), renewMs)
  }

  #renew(): void {
    this.#renewal = undefined
    for (const home of this.#distrusted) {
      this.#trusted.delete(home)
      this.#homes.delete(home.address)
      for (const [channel, subscription] of this.#subscriptions) {
        if (subscription.master === home) subscription.subscribing = this.#placeAgain(channel, subscription)
      }
      destroy(home.connection)
    }
    this.#distrusted.clear()
  }

  #doubtSoon(): void {
    this.#doubt ??= setTimeout(() => {
      this.#doubt = undefined
      this.#callbacks.onRestored()
    }, lossWindowMs)
  }
}

function isMoved(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('MOVED')
}
