import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { type RedisPlace, redisBus } from '../../src/redis.js'
import { busSuite } from '../../src/testing.js'
import { hasRedis, type RedisServer, startRedis } from './redis-server.js'
import { runOn, startCluster } from './redis-topologies.js'

/** The users of the guide: what Tidings may do in Redis is told there. */
const guide = readFileSync(new URL('../../../../docs/deployment.md', import.meta.url), 'utf8')
const users = [...guide.matchAll(/^ *(ACL SETUSER .+)$/gm)].map(([, command]) => String(command).split(' '))
const login = { username: 'tidings', password: 'secret' }

async function startAll(): Promise<
  { what: string; place: RedisPlace; servers: readonly RedisServer[]; stop(): Promise<unknown> }[]
> {
  const server = await startRedis()
  const { servers, rootNodes, stop } = await startCluster()
  const roots = rootNodes.map((root) => ({ ...root, ...login }))
  return [
    {
      what: 'a server',
      place: { url: server.url, client: login },
      servers: [server],
      stop: () => server.stop(),
    },
    { what: 'a cluster', place: { cluster: { rootNodes: roots, defaults: login } }, servers, stop },
  ]
}

describe.skipIf(!hasRedis)('the user of the guide', async () => {
  for (const { what, place, servers, stop } of hasRedis ? await startAll() : []) {
    describe(`may do what is needed on ${what}`, async () => {
      afterAll(() => stop())
      expect(users).toHaveLength(1)
      for (const server of servers) {
        await runOn(server, ...users)
        await runOn(server, ['ACL', 'SETUSER', 'default', 'on', '>other'])
      }
      for (const { name, run } of busSuite({ connect: () => redisBus(place) })) it(name, run)
    })
  }
})
