import type { RedisClientOptions, RedisClusterOptions, RedisSentinelOptions } from 'redis'
import { invalidOptions } from '../../validate-options.js'
import { clusterLink } from './cluster-link.js'
import type { RedisLink, RedisLinkCallbacks } from './link.js'
import { sentinelLink } from './sentinel-link.js'
import { serverLink } from './server-link.js'

/** The Redis to connect to. */
export type RedisTarget =
  /** One server, such as `redis://localhost:6379`, with further options of the `redis` package. */
  | { readonly url: string; readonly client?: Omit<RedisClientOptions, 'url'> }
  /** A master and its replicas, watched by Sentinels. */
  | { readonly sentinel: RedisSentinelOptions }
  /** A cluster, which distributes the topics over its servers. */
  | { readonly cluster: RedisClusterOptions }

export const targetNames = ['url', 'sentinel', 'cluster'] as const

/**
 * Checks the target, because without one the client would connect to its default server.
 *
 * @throws TidingsError `invalid_options` unless the options name exactly one target
 */
export function requireTarget(options: RedisTarget): void {
  const given = targetNames.filter((name) => name in options)
  if (given.length !== 1) {
    const what = given.length === 0 ? 'do not specify a Redis server' : `contain ${given.join(' and ')}`
    throw invalidOptions(`options ${what}. Give one of ${targetNames.join(', ')}`, 'redisBus')
  }
  if ('url' in options) {
    const { url } = options
    if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return
    throw invalidOptions(`url is ${JSON.stringify(url)}. Give one like redis://localhost:6379`, 'redisBus')
  }
  const isCluster = 'cluster' in options
  const roots = isCluster ? options.cluster?.rootNodes : options.sentinel?.sentinelRootNodes
  if (Array.isArray(roots) && roots.length > 0) return
  const [name, one] = isCluster
    ? ['cluster.rootNodes', "{ url: 'redis://localhost:7000' }"]
    : ['sentinel.sentinelRootNodes', "{ host: 'localhost', port: 26379 }"]
  throw invalidOptions(`${name} does not name a server. Give at least one: [${one}]`, 'redisBus')
}

/** Connects to Redis, and retries until it succeeds. */
export function connect(target: RedisTarget, callbacks: RedisLinkCallbacks): RedisLink {
  if ('cluster' in target) return clusterLink(target.cluster, callbacks)
  return 'sentinel' in target ? sentinelLink(target.sentinel, callbacks) : serverLink(target, callbacks)
}
