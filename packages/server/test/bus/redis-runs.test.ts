import { until } from '@tidings/test-kit'
import { hasRedis, startRedis } from '@tidings/test-kit/redis'
import { createClient } from 'redis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { redisBus } from '../../src/redis.js'
import { failureOf, framesOf, newRunId, Service, type Settings, wordsOf } from './run-nodes.js'

/** Starts two nodes on a Redis of their own. */
async function start(settings?: Settings) {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const client = await createClient({ url: redis.url })
    .on('error', () => {})
    .connect()
  onTestFinished(() => client.destroy())
  const service = new Service(settings)
  const a = await service.node('a', redisBus({ url: redis.url }))
  const b = await service.node('b', redisBus({ url: redis.url }))
  /** Returns in how many milliseconds the keys expire that contain a text. */
  const ends = async (text: string) => {
    const keys = (await client.keys(`*${text}*`)).sort()
    return Promise.all(keys.map(async (key) => ({ key, ms: await client.pTTL(key) })))
  }
  return { redis, client, service, a, b, ends }
}

describe.skipIf(!hasRedis)('runs on Redis', () => {
  it('leave keys that expire, while they go on and after their end', async () => {
    const { client, service, a, b, ends } = await start({ keepMs: 30_000 })
    const id = newRunId()
    await a.start(id, 'expiring')
    const telling = await service.telling('expiring')
    await telling.say('word')
    const there = await b.read(id)
    await there.count(2)
    const running = await ends(id)
    expect(running.map(({ key }) => key.replace(id, 'ID'))).toEqual([
      'tidings:name:run:ID',
      'tidings:{tell?$run=ID}:head',
      'tidings:{tell?$run=ID}:log',
    ])
    for (const { ms } of running) {
      expect(ms).toBeGreaterThan(50_000)
      expect(ms).toBeLessThanOrEqual(90_000)
    }
    telling.end(1)
    await until(there.isOver, 'its response was over')
    await until(async () => (await ends(id)).every(({ ms }) => ms <= 50_000), 'they expire sooner')
    await until(async () => (await client.keys('*:host:*')).length === 0, 'no node holds a lease')
    const all = await ends('')
    expect(all.filter(({ ms }) => ms === -1)).toEqual([])
  })

  it('are gone after keepMs, on every node', async () => {
    const { service, a, b, ends } = await start({ keepMs: 100 })
    const id = newRunId()
    await a.start(id, 'short')
    ;(await service.telling('short')).end(0)
    for (const node of [a, b]) {
      await until(async () => (await node.cancel(id)).status === 404, 'the run was gone')
    }
    for (const { key, ms } of await ends(id)) {
      expect(key).toMatch(/:(head|log)$/)
      expect(ms).toBeLessThanOrEqual(20_000)
    }
    // Its id is not used for another run.
    expect(await b.start(id, 'short')).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect((await b.cancel(id)).status).toBe(404)
  })

  it('leave no key when their node makes room for others', async () => {
    const { redis, service, b, ends } = await start()
    const bus = redisBus({ url: redis.url })
    const full = await service.node('full', bus, { limits: { runsPerPrincipal: 1 } })
    const [id, next] = [newRunId(), newRunId()]
    await full.start(id, 'first')
    expect((await full.start(next, 'second')).status).toBe(429)
    ;(await service.telling('first')).end(0)
    await until(async () => (await full.start(next, 'second')).status === 202, 'there was room')
    await until(async () => (await ends(id)).length === 0, 'no key was left')
    expect((await b.cancel(id)).status).toBe(404)
  })

  it('drop from Redis what was read, beyond maxBytes', async () => {
    const { client, service, a, b } = await start({ maxBytes: 200_000 })
    const id = newRunId()
    await a.start(id, 'large')
    const there = await b.read(id)
    const telling = await service.telling('large')
    const words = Array.from({ length: 1_000 }, (_, n) => `${n} ${'x'.repeat(1_000)}`)
    for (const word of words) await telling.say(word)
    await until(async () => (await client.xLen(`tidings:{tell?$run=${id}}:log`)) < 300, 'the log is short')
    const late = await fetch(`${a.url}/tell?$run=${id}`, { headers: { 'x-user': 'ada' } })
    expect(late.status).toBe(410)
    telling.end(1_000)
    await until(there.isOver, 'its response was over')
    expect(wordsOf(there)).toEqual(words)
    expect(framesOf(there).at(-1)).toEqual(['$output', { words: 1_000 }])
  })

  it.each([
    { what: 'with its data', keepData: true },
    { what: 'without its data', keepData: false },
  ])('are interrupted on every node when Redis restarts $what', async ({ keepData }) => {
    const { redis, service, a, b } = await start()
    const [id, idle] = [newRunId(), newRunId()]
    const streams = [
      await a.startAndRead(id, 'restarted'),
      await b.read(id),
      await b.startAndRead(idle, 'idle'),
    ]
    const telling = await service.telling('restarted')
    await telling.say('word')
    await streams[1]?.count(2)
    await redis.restart({ keepData })
    for (const stream of streams) {
      await until(stream.isOver, 'its response was over')
      expect(failureOf(stream)).toBe('interrupted')
    }
    expect(wordsOf(streams[1] as (typeof streams)[0])).toEqual(['word'])
    expect(telling.signal.aborted).toBe(true)
    const again = newRunId()
    await until(async () => (await b.start(again, 'again')).status === 202, 'runs are started again')
    const there = await a.read(again)
    ;(await service.telling('again')).end(0)
    await until(there.isOver, 'its response was over')
    expect(framesOf(there)).toEqual([['$output', { words: 0 }]])
  })

  it('wait for a Redis that does not answer for a moment', async () => {
    const { redis, service, a, b } = await start()
    const id = newRunId()
    const here = await a.startAndRead(id, 'paused')
    const there = await b.read(id)
    const telling = await service.telling('paused')
    await telling.say('first')
    await there.count(2)
    redis.pause()
    for (const word of ['second', 'third']) void telling.say(word)
    telling.end(3)
    // Longer than a request to Redis may take, and shorter than the lease of the node.
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    redis.resume()
    for (const stream of [here, there]) {
      await until(stream.isOver, 'its response was over')
      expect(wordsOf(stream)).toEqual(['first', 'second', 'third'])
      expect(framesOf(stream).at(-1)).toEqual(['$output', { words: 3 }])
    }
  })
})
