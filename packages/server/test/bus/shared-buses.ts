import { hasRedis, type RedisServer, startRedis } from '@tidings/test-kit/redis'
import { beforeAll } from 'vitest'
import { type Bus, memoryBus } from '../../src/index.js'
import { redisBus } from '../../src/redis.js'

/** A bus that the nodes of a test share. */
export interface SharedBus {
  readonly what: string
  /** Connects one more node. */
  connect(): Bus
}

/** Returns a bus in memory and, where Redis is installed, one on a Redis that runs during the file's tests. */
export function sharedBuses(): readonly SharedBus[] {
  const memory = memoryBus()
  const inMemory = { what: 'memory', connect: () => memoryBus({ shareWith: memory }) }
  if (!hasRedis) return [inMemory]
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
    return () => redis.stop()
  })
  return [inMemory, { what: 'Redis', connect: () => redisBus({ url: redis.url }) }]
}
