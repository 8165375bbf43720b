import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '@tidings/server'
import { createServer } from '@tidings/server'
import { redisBus } from '@tidings/server/redis'

import { Child } from '../lib/child.js'
import type { EmitterCommands } from './emitter.js'
import { cpuOf, startRedis } from './own-redis.js'
import { roomContract, topicCount } from './room-contract.js'

/** Measures the memory of a topic with a full history in Redis, in bytes. */
async function memoryOfTopic(): Promise<number> {
  const redis = await startRedis()
  const bus = redisBus({ url: redis.url })
  try {
    const used = async () => Number(/used_memory:(\d+)/.exec(String(await redis.client.info('memory')))?.[1])
    await bus.append('first', body, keep)
    const before = await used()
    const topics = 100
    await Promise.all(
      Array.from({ length: topics * keep.size }, (_, n) =>
        bus.append(`room?roomId=${n % topics}`, body, keep),
      ),
    )
    return ((await used()) - before) / topics
  } finally {
    await bus.close()
    await redis.stop()
  }
}

const keep = { size: 256, ms: 120_000 }
const body = `event: item\ndata: ${JSON.stringify({ text: 'x'.repeat(200) })}\n\n`

/**
 * Measures the CPU of Redis for one event that is a call of its own, in microseconds, with a number of nodes
 * that follow the topic.
 */
async function redisCpuOf(listeners: number): Promise<number> {
  const redis = await startRedis()
  const buses = Array.from({ length: listeners + 1 }, () => redisBus({ url: redis.url }))
  const [bus, ...others] = buses as [Bus, ...Bus[]]
  const topics = Array.from({ length: 100 }, (_, n) => `room?roomId=${n}`)
  try {
    await bus.append('first', body, keep)
    for (const other of others) for (const topic of topics) await other.listen(topic, () => {})
    const before = await cpuOf(redis.client)
    let count = 0
    const deadline = performance.now() + 3_000
    while (performance.now() < deadline) {
      await Promise.all(topics.slice(0, 20).map((topic) => bus.append(topic, body, keep)))
      count += 20
      await sleep(5)
    }
    return (((await cpuOf(redis.client)) - before) * 1_000) / count
  } finally {
    await Promise.all(buses.map((each) => each.close()))
    await redis.stop()
  }
}

/** Measures the CPU of Redis for one read of an idle topic, in microseconds. */
async function redisCpuOfRead(): Promise<number> {
  const redis = await startRedis()
  const bus = redisBus({ url: redis.url })
  const topics = Array.from({ length: 1_000 }, (_, n) => `room?roomId=${n}`)
  try {
    const pages = await Promise.all(topics.map((topic) => bus.read(topic, keep)))
    const before = await cpuOf(redis.client)
    for (let n = 0; n < 20; n += 1) {
      await Promise.all(
        topics.map((topic, at) => bus.read(topic, keep, { epoch: pages[at]?.epoch ?? '', seq: 0 })),
      )
    }
    return (((await cpuOf(redis.client)) - before) * 1_000) / (20 * topics.length)
  } finally {
    await bus.close()
    await redis.stop()
  }
}

/**
 * Measures the CPU of a node that receives an event, logs it and writes it to a sink that does nothing, in
 * microseconds.
 */
async function nodeCpuOf(perSecond: number): Promise<number> {
  const redis = await startRedis()
  const tidings = createServer(roomContract, { bus: redisBus({ url: redis.url }) }, {})
  const emitter = new Child<EmitterCommands>('@tidings/benchmarks/redis-emitter', 'the emitter', [redis.url])
  let written = 0
  const sink = {
    write: ({ byteLength }: { byteLength: number }) => {
      written += byteLength
      return true
    },
    cork() {},
    uncork() {},
    end() {},
    abort() {},
  }
  try {
    for (let n = 0; n < topicCount; n += 1) {
      const response = await tidings.handle({
        method: 'GET',
        path: 'room',
        query: new URLSearchParams({ roomId: String(n) }),
        headers: new Headers(),
        address: undefined,
        signal: new AbortController().signal,
        json: async () => undefined,
      })
      if (response.kind !== 'stream') throw new Error(`room ${n} was refused: ${response.body}`)
      response.open(sink)
    }
    await emitter.call('emit', { perSecond, ms: 1_000 })
    written = 0
    const before = process.cpuUsage()
    const count = await emitter.call('emit', { perSecond, ms: 3_000 })
    const { user, system } = process.cpuUsage(before)
    if (written < count * 200) throw new Error(`${count} events came to ${written} bytes`)
    return (user + system) / count
  } finally {
    await emitter.end()
    await tidings.close({ drainMs: 0 })
    await redis.stop()
  }
}

/** Measures the cost of single operations. */
export async function measureFigures() {
  return {
    bytesOfTopic: Math.round(await memoryOfTopic()),
    redisCpuUs: {
      append: await redisCpuOf(0),
      appendFollowedBy10: await redisCpuOf(10),
      appendFollowedBy20: await redisCpuOf(20),
      read: await redisCpuOfRead(),
    },
    nodeCpuUs: { perSecond1000: await nodeCpuOf(1_000), perSecond10000: await nodeCpuOf(10_000) },
  }
}
