export { hasRedis, type RedisServer, type RedisServerOptions, startRedis } from './lib/redis-server.js'
