import { pause, until } from '@tidings/test-kit'
import { hasRedis, type RedisServer, startRedis } from '@tidings/test-kit/redis'
import { describe, it, onTestFinished } from 'vitest'
import { type RedisTarget, redisBus } from '../../src/redis.js'

import { runOn, startCluster, startSentinels } from './redis-topologies.js'

const topologies: Record<string, () => Promise<{ place: RedisTarget; servers: readonly RedisServer[] }>> = {
  async 'a server'() {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    return { place: { url: server.url }, servers: [server] }
  },
  async 'a server that Sentinels watch'() {
    const { sentinel, master, stop } = await startSentinels()
    onTestFinished(() => stop())
    // It would otherwise look around now and then anyhow.
    return { place: { sentinel: { ...sentinel, scanInterval: 3_600_000 } }, servers: [master] }
  },
  async 'a cluster'() {
    const { rootNodes, servers, stop } = await startCluster()
    onTestFinished(async () => {
      await stop()
    })
    return { place: { cluster: { rootNodes } }, servers }
  },
}

/** Cuts the connections that listen to topics: those of Sentinels are left, or they would have another server take over. */
async function cutNews(server: RedisServer): Promise<void> {
  const clients = String(await runOn(server, ['CLIENT', 'LIST', 'TYPE', 'pubsub'])).split('\n')
  for (const client of clients) {
    const [, id] = /^id=(\d+) .* ssub=[1-9]/.exec(client) ?? []
    if (id) await runOn(server, ['CLIENT', 'KILL', 'ID', id])
  }
}

describe.skipIf(!hasRedis)('a lost connection for updates', () => {
  it.each(Object.entries(topologies))('to %s is reported once it is restored', async (_, start) => {
    const { place, servers } = await start()
    const bus = redisBus(place)
    onTestFinished(() => bus.close())
    const keep = { size: 10, ms: 60_000 }
    const body = 'event: tested\ndata: 1\n\n'
    const heard: number[] = []
    await bus.listen('topic', ({ events }) => heard.push(...events.map(({ seq }) => seq)))
    await bus.append('topic', body, keep)
    await until(async () => heard.length === 1, 'news came')
    let doubts = 0
    bus.onPossibleLoss(() => {
      doubts += 1
    })
    for (const server of servers) await cutNews(server)
    await until(async () => doubts > 0, 'the loss was reported')
    await bus.append('topic', body, keep)
    await until(async () => heard.length === 2, 'news came again')
  })
})

describe.skipIf(!hasRedis)('a bus that is closed while it connects', () => {
  it.each(Object.entries(topologies))('to %s leaves no connection open', async (_, start) => {
    const { place, servers } = await start()
    const connections = async () => {
      const lists = await Promise.all(servers.map((server) => runOn(server, ['CLIENT', 'LIST'])))
      return String(lists).trim().split('\n').length
    }
    const before = await connections()
    for (let n = 0; n < 20; n += 1) {
      const bus = redisBus(place)
      for (let turn = 0; turn < n % 10; turn += 1) await pause(1)
      await bus.close()
    }
    // What was still being connected to is by then.
    await pause(500)
    await until(async () => (await connections()) === before, 'all were gone')
  })
})
