import { afterAll, describe, it } from 'vitest'
import { redisBus } from '../../src/redis.js'
import { busSuite } from '../../src/testing.js'
import { startRedis } from './redis-server.js'

const redis = await startRedis()
afterAll(() => redis.stop())

describe('the bus on a single Redis', () => {
  for (const { name, run } of busSuite({ connect: () => redisBus({ url: redis.url }) })) it(name, run)
})
