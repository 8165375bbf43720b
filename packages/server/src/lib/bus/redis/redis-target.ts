import type { RedisClientOptions, RedisClusterOptions, RedisSentinelOptions } from 'redis'
import { invalidOptions } from '../../validate-options.js'
import { clusterLink } from './cluster-link.js'
import type { RedisLink, RedisLinkCallbacks } from './link.js'
import { sentinelLink } from './sentinel-link.js'
import { serverLink } from './server-link.js'

/** Where Redis is: one of them. */
export type RedisTarget =
  /** One server: `redis://localhost:6379`, with whatever else the `redis` package takes. */
  | { readonly url: string; readonly client?: Omit<RedisClientOptions, 'url'> }
  /** One that Sentinels watch over, and appoint another for when it fails. */
  | { readonly sentinel: RedisSentinelOptions }
  /** Many, which share the topics among them. */
  | { readonly cluster: RedisClusterOptions }

export const targetNames = ['url', 'sentinel', 'cluster'] as const

/** @throws TidingsError `invalid_options` for what does not say where Redis is: the client would look where it likes */
export function requireTarget(options: RedisTarget): void {
  const given = targetNames.filter((name) => name in options)
  if (given.length !== 1) {
    const what = given.length === 0 ? 'do not say where Redis is' : `contain ${given.join(' and ')}`
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

/** Connects to Redis, and goes on trying to for as long as it takes. */
export function connect(place: RedisTarget, owner: RedisLinkCallbacks): RedisLink {
  if ('cluster' in place) return clusterLink(place.cluster, owner)
  return 'sentinel' in place ? sentinelLink(place.sentinel, owner) : serverLink(place, owner)
}
