export type { RedisPlace } from './lib/bus/redis/place.js'
export { type RedisBusOptions, redisBus } from './lib/bus/redis/redis-bus.js'
