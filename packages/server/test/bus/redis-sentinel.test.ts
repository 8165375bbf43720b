import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import { freePort, until } from '@tidings/test-kit'
import { hasRedis } from '@tidings/test-kit/redis'
import { beforeAll, describe, it, onTestFinished } from 'vitest'
import { redisBus } from '../../src/redis.js'
import { busSuite } from '../../src/testing.js'
import { startSentinels } from './redis-topologies.js'

describe.skipIf(!hasRedis)('the bus on a Redis that a Sentinel watches', () => {
  let watched: Awaited<ReturnType<typeof startSentinels>>
  beforeAll(async () => {
    // Its server is never gone.
    watched = await startSentinels(60_000)
    return () => watched.stop()
  })
  const connect = () => redisBus({ sentinel: watched.sentinel, timeoutMs: 10_000 })
  for (const { name, run } of busSuite({ connect })) it(name, run)
})

/** Passes connections on to a port; the first that subscribes to something is cut off. */
async function startCutting(target: number) {
  const port = await freePort()
  const sockets = new Set<Socket>()
  let cuts = 0
  const server = createServer((near) => {
    const far = tcpConnect(target, '127.0.0.1')
    const end = () => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
    sockets.add(near)
    near.on('close', () => sockets.delete(near))
    near.on('data', (data) => {
      if (cuts === 0 && /ssubscribe/i.test(data.toString())) {
        cuts += 1
        end()
      } else far.write(data)
    })
    far.on('data', (data) => near.write(data))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port, cuts: () => cuts, count: () => sockets.size }
}

it.skipIf(!hasRedis)(
  'topics are received from a new master whose first connection breaks at once',
  async () => {
    const { sentinel, master, replica, stop } = await startSentinels()
    onTestFinished(stop)
    const proxy = await startCutting(replica.port)
    const viaProxy = (address: string) => {
      const [host = '', port] = address.split(':')
      return { host, port: Number(port) === replica.port ? proxy.port : Number(port) }
    }
    const bus = redisBus({ sentinel: { ...sentinel, nodeAddressMap: viaProxy } })
    const other = redisBus({ sentinel })
    onTestFinished(async () => {
      await bus.close()
      await other.close()
    })
    const topics = ['one', 'two', 'three']
    const heard = new Set<string>()
    for (const topic of topics) await bus.listen(topic, () => heard.add(topic))
    await master.stop()
    await until(async () => proxy.cuts() === 1, 'the connection to the new master was cut')
    await until(async () => {
      for (const topic of topics)
        await other.append(topic, 'event: tested\ndata: 1\n\n', { size: 10, ms: 60_000 })
      return heard.size === topics.length
    }, 'all were heard')
    await bus.close()
    await until(async () => proxy.count() === 0, 'all connections were gone')
  },
)
