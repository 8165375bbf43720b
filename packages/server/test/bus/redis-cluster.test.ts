import { hasRedis } from '@tidings/test-kit/redis'
import { beforeAll, describe, it } from 'vitest'
import { redisBus } from '../../src/redis.js'
import { busSuite } from '../../src/testing.js'
import { startCluster } from './redis-topologies.js'

describe.skipIf(!hasRedis)('the bus on a Redis Cluster', () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>
  beforeAll(async () => {
    cluster = await startCluster()
    return () => cluster.stop()
  })
  const connect = () => redisBus({ cluster: { rootNodes: cluster.rootNodes }, timeoutMs: 10_000 })
  for (const { name, run } of busSuite({ connect })) it(name, run)
})
