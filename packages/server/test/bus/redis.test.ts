import { afterAll, describe, it } from 'vitest'
import { redisBus } from '../../src/redis.js'
import { busSuite } from '../../src/testing.js'
import { hasRedis, startRedis } from './redis-server.js'

describe.skipIf(!hasRedis)('the bus on a single Redis', async () => {
  const redis = hasRedis ? await startRedis() : undefined
  afterAll(() => redis?.stop())
  for (const { name, run } of busSuite({ connect: () => redisBus({ url: redis?.url ?? '' }) })) it(name, run)
})
