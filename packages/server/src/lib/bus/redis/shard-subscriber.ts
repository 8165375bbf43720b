import { setMaxListeners } from 'node:events'
import { withTimeout } from '../../deadline.js'
import { pause } from '../../pause.js'
import type { ChannelListener } from './channels.js'
import { destroy, type RedisLinkCallbacks, reconnectStrategy } from './link.js'

/** How often the state of each master is checked, and how long a check may take, in milliseconds. */
const checkMs = 1_000

/** How long changes are awaited before stale connections are replaced, in milliseconds. */
const replaceMs = 250

/** How long possible losses are collected before they are reported as one, in milliseconds. */
const lossWindowMs = 50

/** How many redirections a subscription follows. */
const maxMoves = 5

/** The part of a Redis client that a subscriber uses. */
export interface SubscriberConnection {
  readonly isReady: boolean
  on(event: string, listener: (error: unknown) => void): unknown
  once(event: string, listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): void
  sSubscribe(channel: string, listener: ChannelListener): Promise<void>
  sUnsubscribe(channel: string, listener: ChannelListener): Promise<void>
}

/** The masters that serve channels. */
export interface Topology {
  /**
   * Resolves with the address of the master that serves a channel.
   *
   * @param hasMoved whether the channel was not at the address given before
   */
  addressOf(channel: string, hasMoved: boolean): Promise<string>
  /** Resolves with a client that is not connected yet. */
  clientFor(address: string): Promise<SubscriberConnection>
  /**
   * Resolves with a text that stays the same while subscriptions at the master can be relied on, or undefined
   * if it is not a master. Rejects if the server is away.
   */
  stateOf(address: string): Promise<string | undefined>
}

/** A connection to a master, for subscriptions. */
interface Master {
  readonly address: string
  readonly connection: SubscriberConnection
  /** Its state before the connection was made. */
  readonly state: string | undefined
}

interface ChannelSubscription {
  readonly listener: ChannelListener
  /** Resolves once the channel is subscribed; rejects if the attempt failed. */
  subscribing: Promise<void>
  /** The master at which the channel is subscribed. */
  master: Master | undefined
  isLeft: boolean
}

/**
 * Subscribes to each channel at the master that serves it, and follows channels to other masters:
 * https://redis.io/docs/latest/develop/pubsub/#sharded-pubsub
 *
 * A master that loses a slot unsubscribes the slot's channels unprompted. The client takes that push for the
 * reply to its latest request, and its record of subscriptions is wrong from then on. The connection to a
 * master whose state changed is therefore replaced.
 */
export class ShardSubscriber {
  readonly #topology: Topology
  readonly #callbacks: RedisLinkCallbacks
  readonly #subscriptions = new Map<string, ChannelSubscription>()
  readonly #byAddress = new Map<string, Promise<Master>>()
  /** The masters in use, stale ones included. */
  readonly #current = new Set<Master>()
  /** The masters whose connections will be replaced. */
  readonly #stale = new Set<Master>()
  readonly #closing = new AbortController()
  #replaceTimer: NodeJS.Timeout | undefined
  #lossTimer: NodeJS.Timeout | undefined

  constructor(topology: Topology, callbacks: RedisLinkCallbacks) {
    this.#topology = topology
    this.#callbacks = callbacks
    // Each channel that waits to be subscribed again has a listener. Node warns of the eleventh.
    setMaxListeners(0, this.#closing.signal)
    void this.#watch()
  }

  async subscribe(channel: string, listener: ChannelListener): Promise<void> {
    const subscription: ChannelSubscription = {
      listener,
      subscribing: Promise.resolve(),
      master: undefined,
      isLeft: false,
    }
    this.#subscriptions.set(channel, subscription)
    subscription.subscribing = this.#subscribeAtMaster(channel, subscription)
    try {
      await subscription.subscribing
    } catch (error) {
      this.#subscriptions.delete(channel)
      throw error
    }
  }

  /** Unsubscribes from a channel. If it rejects, the channel is still subscribed. */
  async unsubscribe(channel: string): Promise<void> {
    const subscription = this.#subscriptions.get(channel)
    if (!subscription) return
    subscription.isLeft = true
    await subscription.subscribing
    try {
      await subscription.master?.connection.sUnsubscribe(channel, subscription.listener)
    } catch (error) {
      // Without a master, the connection was replaced, and its subscriptions are gone.
      if (subscription.master) {
        subscription.isLeft = false
        throw error
      }
    }
    this.#subscriptions.delete(channel)
  }

  close(): void {
    this.#closing.abort(new Error('The bus was closed'))
    clearTimeout(this.#replaceTimer)
    clearTimeout(this.#lossTimer)
    for (const { connection } of this.#current) destroy(connection)
    this.#current.clear()
    this.#byAddress.clear()
  }

  async #subscribeAtMaster(channel: string, subscription: ChannelSubscription): Promise<void> {
    let moves = 0
    while (!subscription.master) {
      const master = await this.#masterOf(channel, moves > 0)
      try {
        await master.connection.sSubscribe(channel, subscription.listener)
        if (this.#current.has(master)) subscription.master = master
      } catch (error) {
        if (!this.#current.has(master)) continue
        moves += 1
        if (!isMoved(error) || moves > maxMoves) throw error
      }
    }
  }

  /** Subscribes to a channel again, until it succeeds or the channel is left. Never rejects. */
  async #resubscribe(channel: string, subscription: ChannelSubscription): Promise<void> {
    const { signal } = this.#closing
    subscription.master = undefined
    for (let count = 0; !(subscription.isLeft || signal.aborted); count += 1) {
      try {
        await this.#subscribeAtMaster(channel, subscription)
        this.#reportLossSoon()
        return
      } catch (error) {
        if (!signal.aborted) this.#callbacks.onFailed(error)
        await pause(reconnectStrategy(count), signal)
      }
    }
  }

  async #masterOf(channel: string, hasMoved: boolean): Promise<Master> {
    const address = await this.#topology.addressOf(channel, hasMoved)
    this.#closing.signal.throwIfAborted()
    let master = this.#byAddress.get(address)
    if (!master) {
      master = this.#connect(address)
      this.#byAddress.set(address, master)
      master.catch(() => this.#byAddress.delete(address))
    }
    return master
  }

  async #connect(address: string): Promise<Master> {
    const connection = await this.#topology.clientFor(address)
    const state = await withTimeout(checkMs, this.#topology.stateOf(address))
    this.#closing.signal.throwIfAborted()
    const master: Master = { address, connection, state }
    this.#current.add(master)
    connection.on('error', (error) => {
      if (!connection.isReady) {
        this.#callbacks.onFailed(error)
        return
      }
      const message = `The server ${address} sent an unexpected reply. Reconnecting to it`
      this.#callbacks.onFailed(new Error(message, { cause: error }))
      this.#markStale(master)
    })
    connection.on('sharded-channel-moved', () => this.#markStale(master))
    // Before the first connection there was no subscription, so there is no loss.
    connection.once('ready', () => connection.on('ready', () => this.#reportLossSoon()))
    connection.connect().catch(() => {})
    return master
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await pause(checkMs, signal)
      await Promise.all([...this.#current].map((master) => this.#check(master)))
    }
  }

  async #check(master: Master): Promise<void> {
    try {
      const state = await withTimeout(checkMs, this.#topology.stateOf(master.address))
      if (state === undefined || state !== master.state) this.#markStale(master)
    } catch {
      // The server is away, which its connection reports.
    }
  }

  #markStale(master: Master): void {
    if (!this.#current.has(master)) return
    this.#stale.add(master)
    this.#replaceTimer ??= setTimeout(() => this.#replaceStale(), replaceMs)
  }

  #replaceStale(): void {
    this.#replaceTimer = undefined
    for (const master of this.#stale) {
      this.#current.delete(master)
      this.#byAddress.delete(master.address)
      for (const [channel, subscription] of this.#subscriptions) {
        if (subscription.master === master)
          subscription.subscribing = this.#resubscribe(channel, subscription)
      }
      destroy(master.connection)
    }
    this.#stale.clear()
  }

  #reportLossSoon(): void {
    this.#lossTimer ??= setTimeout(() => {
      this.#lossTimer = undefined
      this.#callbacks.onRestored()
    }, lossWindowMs)
  }
}

function isMoved(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('MOVED')
}
