import { until } from '@tidings/test-kit'
import { hasRedis, type RedisServer, startRedis } from '@tidings/test-kit/redis'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import type { Bus } from '../../src/index.js'
import { redisBus } from '../../src/redis.js'
import { runOn } from './redis-topologies.js'

const keep = { size: 10, ms: 60_000 }
const body = (n: number) => `event: tested\ndata: ${n}\n\n`

async function start(): Promise<{ redis: RedisServer; bus: Bus }> {
  const redis = await startRedis()
  const bus = redisBus({ url: redis.url })
  onTestFinished(async () => {
    await bus.close()
    await redis.stop()
  })
  return { redis, bus }
}

async function follow(replica: RedisServer, master: RedisServer): Promise<void> {
  await runOn(replica, ['REPLICAOF', '127.0.0.1', String(master.port)])
  const isUp = async () =>
    String(await runOn(replica, ['INFO', 'replication'])).includes('master_link_status:up')
  await until(isUp, 'the replica followed')
}

it.skipIf(!hasRedis)('a server that was replaced for a while continues no earlier epoch', async () => {
  const first = await start()
  const second = await start()
  await first.bus.append('topic', body(1), keep)
  const { epoch } = await first.bus.read('topic', keep)
  await follow(second.redis, first.redis)
  // The second takes over, and the first follows it, which needs nothing of what it has had already.
  await runOn(second.redis, ['REPLICAOF', 'NO', 'ONE'])
  await follow(first.redis, second.redis)
  expect(await runOn(second.redis, ['INFO', 'stats'])).toMatch(/sync_partial_ok:1/)
  // The first takes over again, from one that has acknowledged what the first has never heard of.
  await runOn(first.redis, ['REPLICAOF', 'NO', 'ONE'])
  await second.bus.append('topic', body(2), keep)
  const now = await first.bus.read('topic', keep, { epoch, seq: 1 })
  expect(now.epoch).not.toBe(epoch)
})

it.skipIf(!hasRedis)(
  'a command repeated to the server that takes over does not begin an epoch twice',
  async () => {
    const first = await start()
    const second = await start()
    const sent = new Promise<string[]>((resolve) => {
      const client = createClient({ url: first.redis.url })
      onTestFinished(() => client.destroy())
      void client.connect().then(() =>
        client.monitor((line) => {
          const command = [...String(line).matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => JSON.parse(text))
          if (command[0] === 'FCALL' && String(command[1]).endsWith('append')) resolve(command)
        }),
      )
    })
    await until(
      async () => String(await runOn(first.redis, ['CLIENT', 'LIST'])).includes('cmd=monitor'),
      'it listens',
    )
    await first.bus.append('topic', body(1), keep)
    const { epoch } = await first.bus.read('topic', keep)
    await follow(second.redis, first.redis)
    await runOn(second.redis, ['REPLICAOF', 'NO', 'ONE'])
    await runOn(second.redis, await sent)
    await second.bus.append('topic', body(2), keep)
    expect((await second.bus.read('topic', keep)).epoch).not.toBe(epoch)
  },
)
