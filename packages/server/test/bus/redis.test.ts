import { hasRedis, type RedisServer, startRedis } from '@tidings/test-kit/redis'
import { beforeAll, describe, it } from 'vitest'
import { redisBus } from '../../src/redis.js'
import { busSuite } from '../../src/testing.js'

describe.skipIf(!hasRedis)('the bus on a single Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
    return () => redis.stop()
  })
  for (const { name, run } of busSuite({ connect: () => redisBus({ url: redis.url, timeoutMs: 10_000 }) }))
    it(name, run)
})
