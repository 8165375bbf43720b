import { randomUUID } from 'node:crypto'
import {
  createClient,
  createCluster,
  createSentinel,
  type RedisClientOptions,
  type RedisClusterOptions,
  type RedisSentinelOptions,
} from 'redis'
import { mistake } from '../../mistake.js'
import { pause } from '../../pause.js'

/** Where Redis is: one of them. */
export type RedisPlace =
  /** One server: `redis://localhost:6379`, with whatever else the `redis` package takes. */
  | { readonly url: string; readonly client?: Omit<RedisClientOptions, 'url'> }
  /** One that Sentinels watch over, and appoint another for when it fails. */
  | { readonly sentinel: RedisSentinelOptions }
  /** Many, which share the topics among them. */
  | { readonly cluster: RedisClusterOptions }

export const placeNames = ['url', 'sentinel', 'cluster'] as const

/** @throws TidingsError `invalid_options` for what does not say where Redis is: the client would look where it likes */
export function requirePlace(options: RedisPlace): void {
  const given = placeNames.filter((name) => name in options)
  if (given.length !== 1) {
    const what = given.length === 0 ? 'says nothing of where Redis is' : `has ${given.join(' and ')}`
    throw mistake(`options ${what}. Give one of ${placeNames.join(', ')}`, 'redisBus')
  }
  if ('url' in options) {
    const { url } = options
    if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return
    throw mistake(`url is ${JSON.stringify(url)}. Give one like redis://localhost:6379`, 'redisBus')
  }
  const isCluster = 'cluster' in options
  const roots = isCluster ? options.cluster?.rootNodes : options.sentinel?.sentinelRootNodes
  if (Array.isArray(roots) && roots.length > 0) return
  const [name, one] = isCluster
    ? ['cluster.rootNodes', "{ url: 'redis://localhost:7000' }"]
    : ['sentinel.sentinelRootNodes', "{ host: 'localhost', port: 26379 }"]
  throw mistake(`${name} names no server. Give one at least: [${one}]`, 'redisBus')
}

/** What a bus needs of a client for Redis, whichever it is. */
export interface RedisLink {
  /** Sends a command to the server that has a key. */
  command(key: string, args: string[]): Promise<unknown>
  /** Loads a library of functions on every server that is written to. */
  load(source: string): Promise<void>
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  unsubscribe(channel: string, listener: (message: string) => void): Promise<void>
  close(): Promise<void>
}

export interface RedisLinkOwner {
  /** A connection failed; it is made again. */
  failed(error: unknown): void
  /** The connection that news comes on was lost and is there again, with its subscriptions. */
  restored(): void
}

/** How many slots a cluster has: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
const slotCount = 16_384

/** How long to wait before a lost connection is made again, in milliseconds. */
const reconnectStrategy = (attempt: number) => Math.random() * Math.min(50 * 2 ** Math.min(attempt, 6), 2_000)

/** Connects to Redis, and goes on trying to for as long as it takes. */
export function connect(place: RedisPlace, owner: RedisLinkOwner): RedisLink {
  if ('cluster' in place) return clusterLink(place.cluster, owner)
  return 'sentinel' in place ? sentinelLink(place.sentinel, owner) : serverLink(place, owner)
}

function serverLink(
  { url, client: options }: Extract<RedisPlace, { url: string }>,
  owner: RedisLinkOwner,
): RedisLink {
  const client = createClient({ ...options, url, socket: { reconnectStrategy, ...options?.socket } as never })
  // Commands are not to wait behind news, nor news behind commands.
  const subscriber = client.duplicate()
  for (const each of [client, subscriber]) each.on('error', owner.failed)
  subscriber.on('ready', owner.restored)
  const connecting = [client, subscriber].map((each) => each.connect())
  for (const each of connecting) each.catch(owner.failed)
  const destroy = () => {
    for (const each of [client, subscriber]) if (each.isOpen) each.destroy()
  }
  return {
    command: (_, args) => client.sendCommand(args),
    load: async (source) => {
      await client.functionLoad(source)
    },
    subscribe: (channel, listener) => subscriber.sSubscribe(channel, listener),
    unsubscribe: (channel, listener) => subscriber.sUnsubscribe(channel, listener),
    close: async () => {
      destroy()
      await Promise.allSettled(connecting)
      // A socket that was being made when it was destroyed is there nonetheless.
      client.destroy()
      subscriber.destroy()
    },
  }
}

function sentinelLink(options: RedisSentinelOptions, owner: RedisLinkOwner): RedisLink {
  const sentinel = createSentinel({
    ...options,
    nodeClientOptions: {
      ...options.nodeClientOptions,
      socket: { reconnectStrategy, ...options.nodeClientOptions?.socket } as never,
    },
  })
  let isProbing = false
  /** It does not say when the connection for news is there again: what that acknowledges next is after it was. */
  const probe = async () => {
    if (isProbing) return
    isProbing = true
    const channel = `probe:${randomUUID()}`
    const listener = () => {}
    try {
      await sentinel.sSubscribe(channel, listener)
      owner.restored()
      await sentinel.sUnsubscribe(channel, listener)
    } catch {
      // Closed, or lost once more, which is another error.
    } finally {
      isProbing = false
    }
  }
  sentinel.on('error', (error) => {
    owner.failed(error)
    void probe()
  })
  sentinel.on('topology-change', owner.restored)
  const connecting = keepConnecting(() => sentinel.connect(), owner)
  return {
    command: async (_, args) => {
      await connecting.done
      return sentinel.sendCommand(false, args)
    },
    load: async (source) => {
      await sentinel.functionLoad(source)
    },
    subscribe: async (channel, listener) => {
      await connecting.done
      await sentinel.sSubscribe(channel, listener)
    },
    unsubscribe: async (channel, listener) => {
      await sentinel.sUnsubscribe(channel, listener)
    },
    close: async () => {
      connecting.stop()
      await sentinel.destroy()
    },
  }
}

function clusterLink(options: RedisClusterOptions, owner: RedisLinkOwner): RedisLink {
  const cluster = createCluster({
    ...options,
    defaults: {
      ...options.defaults,
      socket: { reconnectStrategy, ...options.defaults?.socket } as never,
    },
  })
  cluster.on('error', owner.failed)
  cluster.on('node-error', owner.failed)
  cluster.on('node-ready', owner.restored)
  const connect = async () => {
    await cluster.connect()
    // One that is being set up: the client would not look again.
    if (Object.keys(cluster.slots).length === slotCount) return
    cluster.destroy()
    throw new Error('The cluster has slots that no server has')
  }
  const connecting = keepConnecting(connect, owner)
  return {
    command: async (key, args) => {
      await connecting.done
      return cluster.sendCommand(key, false, args)
    },
    load: async (source) => {
      await Promise.all(
        cluster.masters.map(async (master) => (await cluster.nodeClient(master)).functionLoad(source)),
      )
    },
    subscribe: async (channel, listener) => {
      await connecting.done
      await cluster.sSubscribe(channel, listener)
    },
    unsubscribe: async (channel, listener) => {
      await cluster.sUnsubscribe(channel, listener)
    },
    close: async () => {
      connecting.stop()
      cluster.destroy()
    },
  }
}

/** Connects for the first time, which neither Sentinels nor clusters try again by themselves. */
function keepConnecting(connect: () => Promise<unknown>, { failed }: RedisLinkOwner) {
  const stopping = new AbortController()
  const { signal } = stopping
  const attempt = async (count: number): Promise<void> => {
    try {
      await connect()
    } catch (error) {
      if (signal.aborted) throw error
      failed(error)
      await pause(reconnectStrategy(count), signal)
      signal.throwIfAborted()
      await attempt(count + 1)
    }
  }
  const done = attempt(0)
  // Told already.
  done.catch(() => {})
  return { done, stop: () => stopping.abort(new Error('The bus was closed')) }
}
