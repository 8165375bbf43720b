import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { redisBus } from '@tidings/server/redis'
import { createChat } from './chat'
import { memoryStore } from './memory-store'
import { redisStore } from './redis-store'

// With Redis, the chat may run on several nodes.
const redisUrl = process.env['REDIS_URL']
const onRedisError = (error: unknown) => console.error('Redis failed:', error)
const store = redisUrl ? await redisStore(redisUrl, onRedisError) : memoryStore()
const { app, tidings, bot } = createChat({
  webFolder: fileURLToPath(new URL('./web', import.meta.url)),
  store,
  bus: redisUrl ? redisBus({ url: redisUrl, onError: onRedisError }) : undefined,
  node: process.env['NODE_NAME'],
})
const host = process.env['HOST']
const server = createServer(app)
// Longer than a proxy keeps an idle connection, so that it never sends a request while Node closes the
// connection.
server.keepAliveTimeout = 65_000
// Without PORT, the chat takes the next free port.
const chosen = process.env['PORT']
await listen(server, Number(chosen ?? 3000), chosen === undefined ? 100 : 0)
console.log(`Chat is running at http://localhost:${(server.address() as AddressInfo).port}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

async function stop(): Promise<void> {
  server.close()
  await tidings.close()
  await bot.close()
  await store.close()
  server.closeAllConnections()
}

function listen(http: Server, port: number, retries: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && retries > 0) resolve(listen(http, port + 1, retries - 1))
      else reject(error)
    })
    http.listen(port, host, () => {
      http.removeAllListeners('error')
      resolve()
    })
  })
}
