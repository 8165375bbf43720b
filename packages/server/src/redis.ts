export type { RedisPlace } from './lib/redis/link.js'
export { type RedisBusOptions, redisBus } from './lib/redis/redis-bus.js'
