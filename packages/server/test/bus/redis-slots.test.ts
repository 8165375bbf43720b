import { eventually, pause, until } from '@tidings/test-kit'
import { hasRedis } from '@tidings/test-kit/redis'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Bus } from '../../src/index.js'
import { redisBus } from '../../src/redis.js'
import { startCluster } from './redis-topologies.js'

const keep = { size: 100, ms: 60_000 }
const body = (n: number) => `event: tested\ndata: ${n}\n\n`
describe.skipIf(!hasRedis)('a cluster whose slots move', () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>
  let bus: Bus
  let other: Bus

  beforeEach(async () => {
    cluster = await startCluster()
    const connect = () => redisBus({ cluster: { rootNodes: cluster.rootNodes } })
    bus = connect()
    other = connect()
    return async () => {
      await bus.close()
      await other.close()
      await cluster.stop()
    }
  })

  /** Subscribes to other topics and leaves them, as fast as it goes. */
  function keepSubscribing(loops: number): () => Promise<void> {
    let isOver = false
    let count = 0
    const run = async () => {
      while (!isOver) {
        count += 1
        const stop = await bus.listen(`other ${count}`, () => {}).catch(() => undefined)
        if (count % 2 === 0) stop?.()
      }
    }
    const running = Array.from({ length: loops }, run)
    return async () => {
      isOver = true
      await Promise.all(running)
    }
  }

  it.each([1, 40])(
    'topics are heard though others are subscribed to meanwhile, %i at a time',
    async (loops) => {
      const heard = new Map<string, number>()
      const hear = (name: string) => heard.set(name, (heard.get(name) ?? 0) + 1)
      const topics = Array.from({ length: 8 }, (_, n) => `topic ${n}`)
      for (const topic of topics) {
        await bus.listen(topic, () => hear(topic))
        await other.append(topic, body(0), keep)
      }
      await bus.receive('inbox', () => hear('inbox'))
      const stop = keepSubscribing(loops)
      onTestFinished(stop)
      for (const topic of topics) await cluster.moveSlotOf(`tidings:{${topic}}:head`)
      await cluster.moveSlotOf('tidings:to:inbox')
      await stop()
      heard.clear()
      await until(async () => {
        for (const topic of topics) if (!heard.has(topic)) await other.append(topic, body(1), keep)
        if (!heard.has('inbox')) await other.send('inbox', 'message')
        await pause(50)
        return heard.size === topics.length + 1
      }, 'all were heard')
    },
  )

  it('delivers each update or reports a possible loss after it', async () => {
    /** The updates that were appended since the last report and have not been delivered. */
    const missing = new Set<string>()
    let reports = 0
    let deliveriesAfterReport = 0
    await bus.listen('topic', ({ events }) => {
      for (const { body } of events) missing.delete(body)
      if (reports > 0) deliveriesAfterReport += 1
    })
    // A connection to each server is there.
    for (let n = 0; n < 20; n += 1) await bus.listen(`other ${n}`, () => {})
    bus.onPossibleLoss(() => {
      missing.clear()
      reports += 1
    })
    let count = 0
    const appendNext = async () => {
      count += 1
      missing.add(body(count))
      await other.append('topic', body(count), keep)
    }
    await appendNext()
    await until(() => missing.size === 0, 'an update was delivered')
    expect(reports).toBe(0)
    const moving = cluster.moveSlotOf('tidings:{topic}:head')
    await until(async () => {
      await appendNext()
      return deliveriesAfterReport > 0
    }, 'an update was delivered after a report')
    await moving
    await until(
      () => missing.size === 0,
      () => `these were delivered, or a loss was reported after them: ${[...missing].join()}`,
    )
  })

  it('continues to append and read meanwhile', async () => {
    await bus.append('topic', body(1), keep)
    const { epoch } = await bus.read('topic', keep)
    const { move, end } = await cluster.beginMove('tidings:{topic}:head')
    await bus.append('topic', body(2), keep)
    const { events } = await bus.read('topic', keep, { epoch, seq: 0 })
    expect(events.map(({ body }) => body)).toEqual([1, 2].map(body))
    // Some of its keys are here, and some there.
    await move(['tidings:{topic}:head'])
    const appended = [3, 4].map((n) => bus.append('topic', body(n), keep))
    const read = bus.read('topic', keep, { epoch, seq: 0 })
    await pause(200)
    await end()
    await Promise.all(appended)
    // Another server is in charge, which cannot know that nothing was lost.
    const page = await read
    expect(page.epoch).not.toBe(epoch)
    const after = await bus.read('topic', keep, { epoch: page.epoch, seq: 0 })
    expect(after.events.map(({ body }) => body)).toEqual([3, 4].map(body))
  })

  it('rejects appends in time while their keys are on two servers', async () => {
    const impatient = redisBus({ cluster: { rootNodes: cluster.rootNodes }, timeoutMs: 300 })
    onTestFinished(() => impatient.close())
    await eventually(() => impatient.append('topic', body(1), keep), 'the bus was connected')
    const { move, end } = await cluster.beginMove('tidings:{topic}:head')
    await move(['tidings:{topic}:head'])
    await expect(impatient.append('topic', body(2), keep)).rejects.toMatchObject({ code: 'unavailable' })
    await end()
    await eventually(() => impatient.append('topic', body(3), keep), 'it appended again')
  })

  it('discovers a server that had no slots before', async () => {
    await bus.append('topic', body(1), keep)
    let heard = 0
    await bus.listen('topic', () => {
      heard += 1
    })
    const { move, end } = await cluster.beginMove('tidings:{topic}:head', await cluster.add())
    await move(['tidings:{topic}:head', 'tidings:{topic}:log'])
    const appended = bus.append('topic', body(2), keep)
    await pause(100)
    await end()
    await appended
    await until(async () => {
      await other.append('topic', body(3), keep)
      return heard > 0
    }, 'it was heard')
  })
})
