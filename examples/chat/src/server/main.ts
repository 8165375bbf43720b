import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { redisBus } from '@tidings/server/redis'
import { createChat } from './chat'
import { memoryStore } from './memory-store'
import { redisStore } from './redis-store'

// With Redis, there may be other nodes.
const redisUrl = process.env['REDIS_URL']
const redisFailed = (error: unknown) => console.error('Redis failed:', error)
const store = redisUrl ? await redisStore(redisUrl, redisFailed) : memoryStore()
const { app, tidings } = createChat({
  webFolder: fileURLToPath(new URL('./web', import.meta.url)),
  store,
  bus: redisUrl ? redisBus({ url: redisUrl, onError: redisFailed }) : undefined,
  node: process.env['NODE_NAME'],
})
const host = process.env['HOST']
const server = createServer(app)
// For longer than a proxy in front keeps a connection without a request, so that it never sends one as Node closes it.
server.keepAliveTimeout = 65_000
// Without a port of its own choice, the chat takes the next free one.
const chosen = process.env['PORT']
await listen(server, Number(chosen ?? 3000), chosen === undefined ? 100 : 0)
console.log(`Chat is running at http://localhost:${(server.address() as AddressInfo).port}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

async function stop(): Promise<void> {
  server.close()
  await tidings.close()
  await store.close()
  server.closeAllConnections()
}

function listen(http: Server, port: number, more: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && more > 0) resolve(listen(http, port + 1, more - 1))
      else reject(error)
    })
    http.listen(port, host, () => {
      http.removeAllListeners('error')
      resolve()
    })
  })
}
