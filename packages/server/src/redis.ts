export { type RedisBusOptions, redisBus } from './lib/bus/redis/redis-bus.js'
export type { RedisTarget } from './lib/bus/redis/redis-target.js'
