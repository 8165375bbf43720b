import { setImmediate } from 'node:timers/promises'
import { eventually, freePort, pause, until } from '@tidings/test-kit'
import { hasRedis, startRedis } from '@tidings/test-kit/redis'
import { createClient } from 'redis'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type RedisTarget, redisBus } from '../../src/redis.js'
import { startCluster } from './redis-topologies.js'

const body = (n: number) => `event: tested\ndata: ${n}\n\n`
const forever = Number.POSITIVE_INFINITY

async function start() {
  const redis = await startRedis()
  const bus = redisBus({ url: redis.url, prefix: 'mine' })
  const client = await createClient({ url: redis.url })
    .on('error', () => {})
    .connect()
  onTestFinished(async () => {
    client.destroy()
    await bus.close()
    await redis.stop()
  })
  return { redis, bus, client }
}

it.skipIf(!hasRedis)('every key in Redis has the prefix and expires', async () => {
  const { bus, client } = await start()
  const bounds = [
    { size: 256, ms: 60_000 },
    { size: forever, ms: forever },
    { size: 0, ms: 0 },
  ]
  for (const [n, keep] of bounds.entries()) {
    await bus.append(`emitted ${n}`, body(1), keep)
    await bus.read(`read ${n}`, keep)
    await bus.append(`read ${n}`, body(1), keep)
  }
  await bus.acquire('name', 'holder', 5_000)
  await bus.put('value', 'text', 5_000)
  await bus.count('count', 'holder', 1, 5, 5_000)
  await bus.takeToken('bucket', { burst: 5, perSecond: 0.001 })
  await bus.takeToken('slow bucket', { burst: 5, perSecond: 1e-9 })
  const keys = (await client.keys('*')).sort()
  expect(keys.filter((key) => !key.startsWith('mine:'))).toEqual([])
  expect(keys.length).toBeGreaterThan(10)
  const ends = await Promise.all(keys.map((key) => client.pTTL(key)))
  // -2 is one that has ended by now.
  expect(keys.filter((_, n) => ends[n] === -1)).toEqual([])
})

it.skipIf(!hasRedis)('an unread topic leaves no key once its events have expired', async () => {
  const { bus, client } = await start()
  const keep = { size: 10, ms: 5_000 }
  await bus.append('read', body(1), keep)
  await bus.read('read', keep)
  for (const topic of ['read', 'unread']) await bus.append(topic, body(2), keep)
  const end = (topic: string) => client.pTTL(`mine:{${topic}}:head`)
  expect(await end('read')).toBeGreaterThan(1_000_000)
  expect(await end('unread')).toBeLessThanOrEqual(5_000)
})

it.skipIf(!hasRedis)('a log drops events beyond its size and age', async () => {
  const { bus, client } = await start()
  for (let n = 0; n < 1_000; n += 1) await bus.append('long', body(n), { size: 100, ms: 60_000 })
  // Redis trims by whole nodes of its own.
  expect(await client.xLen('mine:{long}:log')).toBeLessThan(300)
  for (let n = 0; n < 200; n += 1) await bus.append('old', body(n), { size: forever, ms: 60_000 })
  const ms = 200
  await pause(ms + 1)
  for (let n = 200; n < 300; n += 1) await bus.append('old', body(n), { size: forever, ms })
  // Every 64th event removes the old ones.
  expect(await client.xLen('mine:{old}:log')).toBeLessThanOrEqual(100)
  await until(async () => (await client.exists('mine:{old}:log')) === 0, 'the log had ended')
})

it.skipIf(!hasRedis)("the age of an event does not depend on the node's clock", async () => {
  const { bus } = await start()
  const keep = { size: 10, ms: 60_000 }
  const { epoch } = await bus.read('topic', keep)
  await bus.append('topic', body(1), keep)
  const now = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000)
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const [event] = (await bus.read('topic', keep, { epoch, seq: 0 })).events
  expect(Math.abs((event?.at ?? 0) - Date.now())).toBeLessThan(60_000)
})

it.skipIf(!hasRedis)('long events are read in small batches', async () => {
  const { bus } = await start()
  const keep = { size: 100, ms: 60_000 }
  const { epoch } = await bus.read('topic', keep)
  const text = (n: number) => `event: tested\ndata: "${String(n).padStart(100_000)}"\n\n`
  for (let n = 1; n <= 40; n += 1) await bus.append('topic', text(n), keep)
  const bodies: string[] = []
  while (bodies.length < 40) {
    const { head, events } = await bus.read('topic', keep, { epoch, seq: bodies.length })
    expect(head).toBe(40)
    expect(events.length).toBeGreaterThan(0)
    expect(events.length).toBeLessThan(20)
    bodies.push(...events.map(({ body }) => body))
  }
  expect(bodies).toEqual(Array.from({ length: 40 }, (_, n) => text(n + 1)))
})

it.skipIf(!hasRedis)(
  'appends that wait for an unresponsive Redis are bounded, and rejected in time',
  async () => {
    const { redis, bus } = await start()
    await bus.append('topic', body(0), { size: 10, ms: 1_000 })
    redis.pause()
    const text = `event: tested\ndata: "${'x'.repeat(100_000)}"\n\n`
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1_000 }, (_, n) => bus.append(`topic ${n % 10}`, text, { size: 10, ms: 1_000 })),
    )
    redis.resume()
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined))
    expect(reasons.every((reason) => reason?.code === 'unavailable')).toBe(true)
    const refused = reasons.filter((reason) =>
      /More than \d+ characters are waiting for Redis/.test(reason.message),
    )
    // 16 Mi characters are 167 of them.
    expect(refused.length).toBeGreaterThan(800)
    await bus.ping()
    await expect(bus.append('topic', body(1), { size: 10, ms: 1_000 })).resolves.toBeUndefined()
  },
)

it.skipIf(!hasRedis)(
  'appends queued behind others for an unresponsive Redis are rejected with them',
  async () => {
    const { redis, bus, client } = await start()
    const keep = { size: 10, ms: 1_000 }
    await bus.append('topic', body(0), keep)
    redis.pause()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10_000 }, (_, n) => bus.append('topic', body(n), keep)),
    )
    redis.resume()
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    await bus.append('topic', body(1), keep)
    // The rest of twenty batches was not sent after the first, each to wait as long as that.
    const calls = Number(/cmdstat_fcall:calls=(\d+)/.exec(await client.info('commandstats'))?.[1])
    expect(calls).toBeLessThan(8)
  },
)

it.skipIf(!hasRedis)('a Redis without memory left is still read from', async () => {
  const { bus, client } = await start()
  const keep = { size: 10, ms: 60_000 }
  const { epoch } = await bus.read('topic', keep)
  await bus.append('topic', body(1), keep)
  await client.configSet('maxmemory', '1')
  await expect(bus.append('topic', body(2), keep)).rejects.toMatchObject({ code: 'unavailable' })
  expect((await bus.read('topic', keep, { epoch, seq: 0 })).events).toMatchObject([{ seq: 1 }])
})

it.skipIf(!hasRedis)('a repeated or late append has no effect', async () => {
  const { redis, bus, client } = await start()
  const keep = { size: 10, ms: 60_000 }
  const { epoch } = await bus.read('topic', keep)
  const sent: string[][] = []
  const monitor = await createClient({ url: redis.url }).connect()
  onTestFinished(() => monitor.destroy())
  await monitor.monitor((line) => {
    const command = [...String(line).matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => JSON.parse(text))
    if (command[0] === 'FCALL' && String(command[1]).endsWith('append')) sent.push(command)
  })
  for (let n = 1; n <= 3; n += 1) await bus.append('topic', body(n), keep)
  await until(() => sent.length === 3, 'the commands were seen')
  for (const command of [sent[2], sent[0]]) await client.sendCommand(command ?? [])
  await bus.append('topic', body(4), keep)
  const { events } = await bus.read('topic', keep, { epoch, seq: 0 })
  expect(events.map((event) => event.body)).toEqual([1, 2, 3, 4].map(body))
})

it.skipIf(!hasRedis)('many appends of one turn take few calls', async () => {
  const { bus, client } = await start()
  await bus.append('topic', body(0), { size: 10, ms: 1_000 })
  const calls = async () => Number(/cmdstat_fcall:calls=(\d+)/.exec(await client.info('commandstats'))?.[1])
  const before = await calls()
  await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => bus.append('topic', body(n), { size: 10, ms: 1_000 })),
  )
  expect((await calls()) - before).toBeLessThanOrEqual(3)
})

it.skipIf(!hasRedis)('a listener that leaves while the connection breaks is unsubscribed', async () => {
  const { redis, bus, client } = await start()
  const stop = await bus.listen('topic', () => {})
  await bus.listen('another', () => {})
  // It does not answer any more, and the connection breaks before it does.
  redis.pause()
  stop()
  // The client writes at the end of a turn.
  for (let turn = 0; turn < 3; turn += 1) await setImmediate()
  await redis.restart({ keepData: false })
  const channels = () => client.pubSubShardChannels().catch((): string[] => [])
  await until(async () => (await channels()).includes('mine:{another}:news'), 'it listens again')
  await until(async () => (await channels()).length === 1, 'it has left the other channel')
  // One round trip later, on the same connection, nothing has come back.
  await bus.listen('one more', () => {})
  expect((await channels()).sort()).toEqual(['mine:{another}:news', 'mine:{one more}:news'])
})

it.skipIf(!hasRedis)('a listener that joins while another times out is notified', async () => {
  const redis = await startRedis()
  const bus = redisBus({ url: redis.url, timeoutMs: 200 })
  onTestFinished(async () => {
    await bus.close()
    await redis.stop()
  })
  const keep = { size: 10, ms: 10_000 }
  for (let n = 1; n <= 20; n += 1) {
    const topic = `topic ${n}`
    await eventually(() => bus.append(topic, body(0), keep), 'it was appended')
    redis.pause()
    await expect(bus.listen(topic, () => {})).rejects.toMatchObject({ code: 'unavailable' })
    redis.resume()
    let isTold = false
    const onUpdate = () => {
      isTold = true
    }
    const stop = await eventually(() => bus.listen(topic, onUpdate), 'the listener joined')
    // One round trip later, on the same connection, what was to be left has been.
    const stopOther = await eventually(() => bus.listen(`${topic}, too`, () => {}), 'another joined')
    await eventually(() => bus.append(topic, body(n), keep), 'it was appended')
    await until(() => isTold, `the listener was told in round ${n}`)
    stop()
    stopOther()
  }
})

const nowhere = { host: '127.0.0.1', port: 1 }
it.each<{ what: string; place: RedisTarget }>([
  { what: 'a server', place: { url: 'redis://127.0.0.1:1' } },
  { what: 'Sentinels', place: { sentinel: { name: 'mine', sentinelRootNodes: [nowhere] } } },
  { what: 'a cluster', place: { cluster: { rootNodes: [{ socket: nowhere }] } } },
])('a bus that never reaches $what rejects, and can be closed', async ({ place }) => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  onTestFinished(() => {
    process.off('unhandledRejection', note)
  })
  const bus = redisBus({ ...place, timeoutMs: 200 })
  const closedAtOnce = redisBus({ ...place, timeoutMs: 200 })
  await closedAtOnce.close()
  await expect(bus.ping()).rejects.toMatchObject({
    message: 'Redis is unavailable. Try again later',
    // Not in the message, which clients may see.
    cause: expect.any(Error),
  })
  await expect(bus.append('topic', body(1), { size: 1, ms: 1_000 })).rejects.toMatchObject({
    code: 'unavailable',
  })
  await expect(bus.listen('topic', () => {})).rejects.toMatchObject({ code: 'unavailable' })
  await bus.close()
  await pause(300)
  expect(unhandled).toEqual([])
})

it.skipIf(!hasRedis)('a bus connects to a cluster that starts later', async () => {
  const port = await freePort()
  const bus = redisBus({ cluster: { rootNodes: [{ url: `redis://127.0.0.1:${port}` }] }, timeoutMs: 300 })
  onTestFinished(() => bus.close())
  await expect(bus.ping()).rejects.toMatchObject({ code: 'unavailable' })
  const cluster = await startCluster(port)
  onTestFinished(async () => {
    await cluster.stop()
  })
  const ping = () => bus.ping().then(() => true)
  for (let isThere = false; !isThere; isThere = await ping().catch(() => false)) await pause(50)
  await bus.append('topic', body(1), { size: 1, ms: 1_000 })
})

const url = 'redis://127.0.0.1:1'
it.each<[options: unknown, message: string]>([
  [undefined, 'options is missing. Give an object with any of url, sentinel, cluster, client, prefix'],
  [{}, 'options do not specify a Redis server. Give one of url, sentinel, cluster'],
  [{ url, cluster: { rootNodes: [{ url }] } }, 'options contain url and cluster. Give one of url, sentinel'],
  [{ url: 'localhost:6379' }, 'url is "localhost:6379". Give one like redis://localhost:6379'],
  [{ url: undefined }, 'url is undefined. Give one like redis://localhost:6379'],
  [
    { cluster: {} },
    "cluster.rootNodes does not name a server. Give at least one: [{ url: 'redis://localhost:7000' }]",
  ],
  [
    { sentinel: { name: 'mine', sentinelRootNodes: [] } },
    'sentinel.sentinelRootNodes does not name a server',
  ],
  [{ url, timeout: 5 }, 'options has unknown key "timeout". Expected one of url'],
  [{ url, prefix: 'a{b}' }, 'prefix is "a{b}". Remove braces and spaces'],
  [{ url, timeoutMs: 0 }, 'timeoutMs is 0. Give a number above 0'],
])('options that cannot work are refused: %j', (options, message) => {
  const make = () => redisBus(options as Parameters<typeof redisBus>[0])
  expect(make).toThrow(`redisBus: ${message}`)
})

it.skipIf(!hasRedis)('a token bucket expires when it is full', async () => {
  const { bus, client } = await start()
  const rate = { burst: 100, perSecond: 0.1 }
  const ends: number[] = []
  for (let taken = 0; taken < 3; taken += 1) {
    await bus.takeToken('client', rate)
    ends.push(await client.pTTL('mine:bucket:client'))
  }
  for (const [n, ms] of ends.entries()) {
    expect(ms).toBeGreaterThan(10_000 * n)
    expect(ms).toBeLessThanOrEqual(10_000 * (n + 1))
  }
  const fast = { burst: 1, perSecond: 1_000 }
  await bus.takeToken('fast', fast)
  await until(async () => (await client.exists('mine:bucket:fast')) === 0, 'the full bucket had expired')
})
