import { hasRedis, startRedis } from '@tidings/test-kit/redis'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import { redisBus } from '../../src/redis.js'

const keep = { size: 10, ms: 60_000 }
const body = (n: number) => `event: tested\ndata: ${n}\n\n`
const head = (topic: string) => `tidings:{${topic}}:head`
/** For how long a topic without events stays: one that was just subscribed to, and one that is in use. */
const triedMs = 45_000
const freshMs = 180_000

const maxMemory = 6 * 1024 * 1024

/** A server with room for some thousand topics. */
async function start() {
  const redis = await startRedis({
    args: ['--maxmemory', String(maxMemory), '--maxmemory-policy', 'noeviction'],
  })
  const bus = redisBus({ url: redis.url })
  const client = await createClient({ url: redis.url }).connect()
  onTestFinished(async () => {
    client.destroy()
    await bus.close()
    await redis.stop()
  })
  const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
  let asked = 0
  /** Subscribes to made-up topics until that is refused, and gives their names. */
  async function fill(): Promise<string[]> {
    const topics: string[] = []
    while (asked < 30_000) {
      const names = Array.from({ length: 100 }, (_, n) => `made-up ${asked + n} ${'x'.repeat(200)}`)
      asked += names.length
      const outcomes = await Promise.allSettled(names.map((name) => bus.read(name, keep)))
      topics.push(...names.filter((_, n) => outcomes[n]?.status === 'fulfilled'))
      const refused = outcomes.find((outcome) => outcome.status === 'rejected')
      if (!refused) continue
      expect(refused.reason).toMatchObject({ code: 'unavailable' })
      return topics
    }
    throw new Error('subscribing was never refused')
  }
  return { bus, client, usedMemory, fill }
}

it.skipIf(!hasRedis)('a topic without events is forgotten within minutes', async () => {
  const { bus, client } = await start()
  const bounds = [keep, { size: 10, ms: 0 }, { size: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }]
  for (const [n, each] of bounds.entries()) {
    const topic = `topic ${n}`
    const { epoch } = await bus.read(topic, each)
    const read = async () => {
      expect((await bus.read(topic, each)).epoch).toBe(epoch)
      return client.pTTL(head(topic))
    }
    expect(await client.pTTL(head(topic))).toBeLessThanOrEqual(triedMs)
    // Reading it again at once proves nothing.
    expect(await read()).toBeLessThanOrEqual(triedMs)
    // A topic that is in use goes on with its epoch.
    for (const left of [triedMs - 10_000, 1_000, triedMs + 1_000, freshMs - 1_000]) {
      await client.pExpire(head(topic), left)
      const ends = await read()
      expect(ends).toBeGreaterThan(freshMs - 10_000)
      expect(ends).toBeLessThanOrEqual(freshMs)
    }
    await bus.append(topic, body(1), each)
    expect(await client.pTTL(head(topic))).toBeGreaterThan(3_000_000)
    await bus.read(topic, each)
    expect(await client.pTTL(head(topic))).toBeGreaterThan(3_000_000)
  }
})

it.skipIf(!hasRedis)(
  "subscribing to invented topics stops at Redis' memory limit, and blocks emits for a minute at most",
  async () => {
    const { bus, client, usedMemory, fill } = await start()
    const { epoch } = await bus.read('lobby', keep)
    await bus.append('lobby', body(1), keep)
    const made = await fill()
    // What connections held is freed now and then, and makes room for some more.
    let emitted = 1
    while (emitted < 1_000) {
      const outcome = await bus.append('lobby', body(emitted + 1), keep).catch((error) => error)
      if (outcome) {
        expect(outcome).toMatchObject({ code: 'unavailable' })
        break
      }
      emitted += 1
      made.push(...(await fill()))
    }
    expect(await usedMemory()).toBeLessThan(maxMemory + 512 * 1024)
    // What is there is read nonetheless, and stays.
    const seq = emitted - 1
    expect((await bus.read('lobby', keep, { epoch, seq })).events).toMatchObject([{ seq: emitted }])
    expect(await bus.read(made[0] as string, keep)).toMatchObject({ head: 0 })

    const ends = await Promise.all(made.map((topic) => client.pTTL(head(topic))))
    expect(Math.max(...ends)).toBeLessThanOrEqual(freshMs)
    // As it is three minutes later.
    await Promise.all(made.map((topic) => client.del(head(topic))))
    await bus.append('lobby', body(emitted + 1), keep)
    const { events } = await bus.read('lobby', keep, { epoch, seq })
    expect(events.map((event) => event.body)).toEqual([body(emitted), body(emitted + 1)])
  },
)

it.skipIf(!hasRedis)(
  'a cursor on a forgotten topic is not resumed, with or without memory left',
  async () => {
    const { bus, client } = await start()
    const { epoch } = await bus.read('topic', keep)
    await client.del(head('topic'))
    await client.configSet('maxmemory', '1')
    await expect(bus.read('topic', keep, { epoch, seq: 0 })).rejects.toMatchObject({ code: 'unavailable' })
    await client.configSet('maxmemory', '0')
    await bus.append('topic', body(1), keep)
    await client.configSet('maxmemory', '1')
    const page = await bus.read('topic', keep, { epoch, seq: 0 })
    expect(page).toMatchObject({ head: 1, events: [] })
    expect(page.epoch).not.toBe(epoch)
  },
)

it.skipIf(!hasRedis)('a token is refused without memory left, as clients can make up names', async () => {
  const { bus, client } = await start()
  const rate = { burst: 2, perSecond: 0.01 }
  // Loads the function, which takes memory too.
  await bus.takeToken('before', rate)
  await client.configSet('maxmemory', '1')
  await expect(bus.takeToken('made up', rate)).rejects.toMatchObject({ code: 'unavailable' })
  await client.configSet('maxmemory', '0')
  expect(await bus.takeToken('made up', rate)).toBe(0)
})

it.skipIf(!hasRedis)('a log can be discarded without memory left, and keeps its end', async () => {
  const { bus, client } = await start()
  const all = { size: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }
  await bus.append('topic', body(1), all)
  const { epoch } = await bus.read('topic', all)
  // Loads the functions, which takes memory too.
  await bus.drop('another', { epoch, seq: 1 })
  const ends = () => Promise.all([head('topic'), 'tidings:{topic}:log'].map((key) => client.pTTL(key)))
  expect(Math.min(...(await ends()))).toBeGreaterThan(2_000_000_000)
  await client.configSet('maxmemory', '1')
  await bus.expire('topic', 60_000)
  await bus.read('topic', all)
  await bus.drop('topic', { epoch, seq: 1 })
  await client.configSet('maxmemory', '0')
  await bus.append('topic', body(2), all)
  expect((await bus.read('topic', all, { epoch, seq: 1 })).events).toMatchObject([{ seq: 2 }])
  for (const ms of await ends()) {
    expect(ms).toBeGreaterThan(30_000)
    expect(ms).toBeLessThanOrEqual(60_000)
  }
})
