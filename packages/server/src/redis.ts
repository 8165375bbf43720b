export type { RedisPlace } from './lib/bus/redis/link.js'
export { type RedisBusOptions, redisBus } from './lib/bus/redis/redis-bus.js'
