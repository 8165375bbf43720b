import { afterAll, describe, it } from 'vitest'
import { redisBus } from '../../src/redis.js'
import { busSuite } from '../../src/testing.js'
import { hasRedis } from './redis-server.js'
import { startSentinels } from './redis-topologies.js'

describe.skipIf(!hasRedis)('the bus on a Redis that a Sentinel watches', async () => {
  const watched = hasRedis ? await startSentinels() : undefined
  afterAll(() => watched?.stop())
  const connect = () => redisBus({ sentinel: watched?.sentinel ?? { name: '', sentinelRootNodes: [] } })
  for (const { name, run } of busSuite({ connect })) it(name, run)
})
