import { readFileSync } from 'node:fs'
import { hasRedis, type RedisServer, startRedis } from '@tidings/test-kit/redis'
import { beforeAll, describe, expect, it } from 'vitest'
import { type RedisTarget, redisBus } from '../../src/redis.js'
import { busSuite } from '../../src/testing.js'
import { runOn, startCluster } from './redis-topologies.js'

const guide = readFileSync(new URL('../../../../docs/deployment.md', import.meta.url), 'utf8')
const [, user = ''] = /^ *(ACL SETUSER .+)$/m.exec(guide) ?? []
const login = { username: 'tidings', password: 'secret' }

interface Topology {
  readonly place: RedisTarget
  readonly servers: readonly RedisServer[]
  stop(): Promise<unknown>
}

const topologies: Record<string, () => Promise<Topology>> = {
  async 'a server'() {
    const server = await startRedis()
    return { place: { url: server.url, client: login }, servers: [server], stop: () => server.stop() }
  },
  async 'a cluster'() {
    const { servers, rootNodes, stop } = await startCluster()
    const roots = rootNodes.map((root) => ({ ...root, ...login }))
    return { place: { cluster: { rootNodes: roots, defaults: login } }, servers, stop }
  },
}

describe.skipIf(!hasRedis)('the Redis user of the deployment guide', () => {
  describe.each(Object.entries(topologies))('may run every needed command on %s', (_, start) => {
    let place: RedisTarget
    beforeAll(async () => {
      const topology = await start()
      place = topology.place
      expect(user).toContain('tidings')
      for (const server of topology.servers) {
        await runOn(server, user.split(' '), ['ACL', 'SETUSER', 'default', '>other'])
      }
      return () => topology.stop()
    })
    for (const { name, run } of busSuite({ connect: () => redisBus({ ...place, timeoutMs: 10_000 }) }))
      it(name, run)
  })
})
