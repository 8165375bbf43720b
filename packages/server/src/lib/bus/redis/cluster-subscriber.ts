import type { createCluster, RedisFunctions, RedisModules, RedisScripts, TypeMapping } from 'redis'
import { pause } from '../../pause.js'
import { withTimeout } from '../../time-limit.js'
import type { ChannelListener } from './channels.js'
import { destroy, type RedisLinkOwner, reconnectStrategy } from './link.js'

type Cluster = ReturnType<typeof createCluster<RedisModules, RedisFunctions, RedisScripts, 3, TypeMapping>>
type Connection = Awaited<ReturnType<Cluster['nodeClient']>>

/** How often each master is asked which slots it has, in milliseconds. */
const lookEveryMs = 1_000

/** How long slots may go on moving before the channels of a master are subscribed to anew, in milliseconds. */
const renewMs = 250

/** For how long what was subscribed to anew is told of as one. */
const doubtMs = 50

/** How often a channel may be looked for where it is said to be. */
const mostMoves = 5

/** A master at which there is something to subscribe to. */
interface Home {
  readonly address: string
  readonly connection: Connection
  /** Which slots it had before it was connected to, by its own account. */
  slots: string
  /** Rejects if it is away. */
  opening: Promise<void>
}

interface Subscription {
  readonly listener: ChannelListener
  /** Under way until it is subscribed; rejects if that was given up. */
  placing: Promise<void>
  slot: number | undefined
  /** Where it is subscribed. */
  home: Home | undefined
  isLeft: boolean
}

/**
 * Subscribes to channels of a cluster, each at the master that has its slot, and follows them when their slots move:
 * https://redis.io/docs/latest/develop/pubsub/#sharded-pubsub
 *
 * A master that has lost a slot unsubscribes its channels, unasked. A client takes that for the answer to whatever it has just
 * asked for, and from then on knows no longer what it is subscribed to. So once a master's slots are others, its
 * connection is replaced.
 */
export class ClusterSubscriber {
  readonly #cluster: Cluster
  readonly #owner: RedisLinkOwner
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #homes = new Map<string, Home>()
  /** Those whose connections are to be replaced. */
  readonly #distrusted = new Set<Home>()
  readonly #closing = new AbortController()
  #renewal: NodeJS.Timeout | undefined
  #doubt: NodeJS.Timeout | undefined

  constructor(cluster: Cluster, owner: RedisLinkOwner) {
    this.#cluster = cluster
    this.#owner = owner
  }

  /** Watches the cluster, which has to be connected. */
  async watch(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await pause(lookEveryMs, signal)
      await Promise.all([...this.#homes.values()].map((home) => this.#check(home)))
    }
  }

  async subscribe(channel: string, listener: ChannelListener): Promise<void> {
    const subscription: Subscription = {
      listener,
      placing: Promise.resolve(),
      slot: undefined,
      home: undefined,
      isLeft: false,
    }
    this.#subscriptions.set(channel, subscription)
    subscription.placing = this.#place(channel, subscription)
    try {
      await subscription.placing
    } catch (error) {
      this.#subscriptions.delete(channel)
      throw error
    }
  }

  /** @throws Error what went wrong: it is subscribed still */
  async unsubscribe(channel: string): Promise<void> {
    const subscription = this.#subscriptions.get(channel)
    if (!subscription) return
    subscription.isLeft = true
    await subscription.placing
    const { home, listener } = subscription
    try {
      await home?.connection.sUnsubscribe(channel, listener)
    } catch (error) {
      // With a connection that was replaced, its subscriptions went.
      if (subscription.home) {
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
    for (const { connection } of this.#homes.values()) destroy(connection)
    this.#homes.clear()
  }

  /** Subscribes to a channel at the master that has it. */
  async #place(channel: string, subscription: Subscription): Promise<void> {
    let moves = 0
    while (!subscription.home) {
      const home = await this.#homeOf(channel, subscription)
      try {
        await home.connection.sSubscribe(channel, subscription.listener)
        if (this.#isTrusted(home)) subscription.home = home
      } catch (error) {
        if (!this.#isTrusted(home)) continue
        moves += 1
        if (!isMoved(error) || moves > mostMoves) throw error
        // Has the cluster's client learn where it is.
        await this.#cluster.sendCommand(channel, false, ['EXISTS', channel])
      }
    }
  }

  /** The same for one that was there before, until it succeeds or nobody wants it any more. Never rejects. */
  async #placeAgain(channel: string, subscription: Subscription): Promise<void> {
    const { signal } = this.#closing
    subscription.home = undefined
    for (let count = 0; !(subscription.isLeft || signal.aborted); count += 1) {
      try {
        await this.#place(channel, subscription)
        this.#doubtSoon()
        return
      } catch (error) {
        if (!signal.aborted) this.#owner.failed(error)
        await pause(reconnectStrategy(count), signal)
      }
    }
  }

  async #homeOf(channel: string, subscription: Subscription): Promise<Home> {
    subscription.slot ??= Number(
      await this.#cluster.sendCommand(channel, false, ['CLUSTER', 'KEYSLOT', channel]),
    )
    const master = this.#cluster.slots[subscription.slot]?.master
    if (!master) throw new Error(`No server of the cluster has slot ${subscription.slot}`)
    const client = await this.#cluster.nodeClient(master)
    this.#closing.signal.throwIfAborted()
    const home = this.#homes.get(master.address) ?? this.#open(master.address, client)
    await home.opening
    return home
  }

  #open(address: string, client: Connection): Home {
    const connection = client.duplicate()
    const home: Home = { address, connection, slots: '', opening: Promise.resolve() }
    connection.on('error', (error) => {
      if (!connection.isReady) {
        this.#owner.failed(error)
        return
      }
      const message = `The server ${address} has answered what it was not asked. It is connected to anew`
      this.#owner.failed(new Error(message, { cause: error }))
      this.#distrust(home)
    })
    connection.on('sharded-channel-moved', () => this.#distrust(home))
    // The first time, nothing was subscribed that could have been lost.
    connection.once('ready', () => connection.on('ready', () => this.#doubtSoon()))
    this.#homes.set(address, home)
    home.opening = this.#connect(home, client)
    return home
  }

  async #connect(home: Home, client: Connection): Promise<void> {
    try {
      home.slots = await slotsOf(client)
      this.#closing.signal.throwIfAborted()
    } catch (error) {
      this.#homes.delete(home.address)
      throw error
    }
    home.connection.connect().catch(() => {})
  }

  /** Whether what may be subscribed to at a master is what it was. */
  async #check(home: Home): Promise<void> {
    const master = this.#cluster.masters.find(({ address }) => address === home.address)
    if (!master) {
      this.#distrust(home)
      return
    }
    try {
      await home.opening
      const slots = await slotsOf(this.#cluster.nodeClient(master))
      if (slots !== home.slots) this.#distrust(home)
    } catch {
      // It is away, which its connections tell.
    }
  }

  #isTrusted(home: Home): boolean {
    return this.#homes.get(home.address) === home
  }

  #distrust(home: Home): void {
    if (!this.#isTrusted(home)) return
    this.#distrusted.add(home)
    this.#renewal ??= setTimeout(() => this.#renew(), renewMs)
  }

  #renew(): void {
    this.#renewal = undefined
    for (const home of this.#distrusted) {
      this.#homes.delete(home.address)
      for (const [channel, subscription] of this.#subscriptions) {
        if (subscription.home === home) subscription.placing = this.#placeAgain(channel, subscription)
      }
      destroy(home.connection)
    }
    this.#distrusted.clear()
  }

  #doubtSoon(): void {
    this.#doubt ??= setTimeout(() => {
      this.#doubt = undefined
      this.#owner.restored()
    }, doubtMs)
  }
}

/** What a server says of its own slots: https://redis.io/docs/latest/commands/cluster-nodes/ */
async function slotsOf(client: Connection | Promise<Connection>): Promise<string> {
  const ask = async () => (await client).sendCommand(['CLUSTER', 'NODES'])
  const nodes = String(await withTimeout(lookEveryMs, ask()))
  const own = nodes.split('\n').find((line) => line.includes('myself')) ?? ''
  const [id, , , , , , epoch, , ...slots] = own.split(' ')
  // In brackets are those that are being moved.
  return [id, epoch, ...slots.filter((slot) => !slot.startsWith('['))].join(' ')
}

function isMoved(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('MOVED')
}
