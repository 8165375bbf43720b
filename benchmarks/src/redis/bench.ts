import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bus } from '@tidings/server'
import { createClient } from 'redis'
import { listenOnFreePort } from '../lib/free-port.js'
import { machine } from '../lib/machine.js'
import { quantile } from '../lib/quantile.js'
import type { Order, Report } from './node.js'
import { type SubjectName, subjects } from './subjects.js'

const rounds = Number(process.argv[2] ?? 3)
const nodeCounts = [1, 2, 3]
const rate = { perSecond: 200, ms: 3_000 }
const flood = { outstanding: 500, ms: 3_000 }

/** What one subject has done in one round, with so many nodes. */
interface Sample {
  readonly subject: SubjectName
  readonly nodes: number
  readonly latency: { readonly p50: number; readonly p99: number } | undefined
  readonly eventsPerSecond: number
  /** What Redis' own process took, in milliseconds of CPU for a thousand events. */
  readonly redisCpuMs: number
  readonly lost: number
  readonly outOfOrder: number
}

async function startRedis() {
  const probe = createServer()
  const port = await listenOnFreePort(probe as never)
  await new Promise((resolve) => probe.close(resolve))
  const directory = await mkdtemp(join(tmpdir(), 'tidings-bench-'))
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '']
  const child = spawn('redis-server', settings, { stdio: 'ignore' })
  const url = `redis://127.0.0.1:${port}`
  const client = createClient({ url, socket: { reconnectStrategy: 50 } }).on('error', () => {})
  await client.connect()
  return {
    url,
    client,
    async stop() {
      client.destroy()
      const gone = once(child, 'exit')
      child.kill()
      await gone
      await rm(directory, { recursive: true, force: true })
    },
  }
}

class Node {
  readonly #child: ChildProcess

  constructor(subject: SubjectName, redisUrl: string, name: string) {
    this.#child = fork(fileURLToPath(new URL('node.js', import.meta.url)), [subject, redisUrl, name])
  }

  async ready(): Promise<void> {
    await once(this.#child, 'message')
  }

  async ask<Answer>(order: Order): Promise<Answer> {
    const answered = once(this.#child, 'message')
    this.#child.send(order)
    const [answer] = await answered
    return answer as Answer
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.kill()
    await gone
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function measure(subject: SubjectName, nodeCount: number): Promise<Sample> {
  const redis = await startRedis()
  const nodes = Array.from({ length: nodeCount }, (_, n) => new Node(subject, redis.url, `node ${n + 1}`))
  try {
    await Promise.all(nodes.map((node) => node.ready()))
    await pause(300)
    const [first] = nodes as [Node]
    await first.ask({ type: 'rate', perSecond: 200, ms: 500 })
    await Promise.all(nodes.map((node) => node.ask({ type: 'flood', outstanding: 50, ms: 1_000 })))
    await pause(500)
    await Promise.all(nodes.map((node) => node.ask({ type: 'report' })))

    let latency: Sample['latency']
    if (nodeCount > 1) {
      await first.ask({ type: 'rate', ...rate })
      await pause(300)
      const [, other] = await Promise.all(nodes.map((node) => node.ask<Report>({ type: 'report' })))
      latency = other?.latency
    }
    const before = await cpuOf(redis.client)
    await Promise.all(nodes.map((node) => node.ask({ type: 'flood', ...flood })))
    const cpuMs = (await cpuOf(redis.client)) - before
    // What is not there by now counts as lost.
    await pause(3_000)
    const reports = await Promise.all(nodes.map((node) => node.ask<Report>({ type: 'report' })))
    const emitted = reports.reduce((sum, report) => sum + report.emitted, 0)
    const received = reports.map((report) =>
      Object.values(report.received).reduce((sum, count) => sum + count, 0),
    )
    return {
      subject,
      nodes: nodeCount,
      latency,
      eventsPerSecond: (emitted * 1_000) / flood.ms,
      redisCpuMs: (cpuMs * 1_000) / emitted,
      lost: received.reduce((sum, count) => sum + emitted - count, 0),
      outOfOrder: reports.reduce((sum, report) => sum + report.outOfOrder, 0),
    }
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await redis.stop()
  }
}

/** How much CPU a Redis has taken, in milliseconds. */
async function cpuOf(client: { info(section: string): Promise<unknown> }): Promise<number> {
  const info = String(await client.info('cpu'))
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((name) =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]),
  )
  return seconds.reduce((sum, value) => sum + value, 0) * 1_000
}

/** What a topic with a full history takes in Redis, in bytes. */
async function memoryOfTopic(): Promise<number> {
  const redis = await startRedis()
  const { redisBus } = await import('@tidings/server/redis')
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
 * What one event costs Redis where each is a call of its own, in microseconds of CPU, with so many nodes that follow its
 * topic.
 */
async function redisCpuOf(listeners: number): Promise<number> {
  const redis = await startRedis()
  const { redisBus } = await import('@tidings/server/redis')
  const buses = Array.from({ length: listeners + 1 }, () => redisBus({ url: redis.url }))
  const [bus, ...others] = buses as [Bus, ...Bus[]]
  const topics = Array.from({ length: 100 }, (_, n) => `room?roomId=${n}`)
  try {
    await bus.append('first', body, keep)
    for (const other of others) for (const topic of topics) await other.listen(topic, () => {})
    const before = await cpuOf(redis.client)
    let count = 0
    const until = performance.now() + 3_000
    while (performance.now() < until) {
      await Promise.all(topics.slice(0, 20).map((topic) => bus.append(topic, body, keep)))
      count += 20
      await pause(5)
    }
    return (((await cpuOf(redis.client)) - before) * 1_000) / count
  } finally {
    await Promise.all(buses.map((each) => each.close()))
    await redis.stop()
  }
}

/** What a topic that a node follows costs Redis while nothing happens, in microseconds of CPU each time it is read. */
async function redisCpuOfRead(): Promise<number> {
  const redis = await startRedis()
  const { redisBus } = await import('@tidings/server/redis')
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

const names = Object.keys(subjects) as SubjectName[]
const samples: Sample[] = []
for (let round = 0; round < rounds; round += 1) {
  for (const nodes of nodeCounts) for (const subject of names) samples.push(await measure(subject, nodes))
}
const of = (subject: SubjectName, nodes: number) =>
  samples.filter((sample) => sample.subject === subject && sample.nodes === nodes)
const median = (values: readonly number[]) => quantile(values, 0.5)

const rows = nodeCounts.flatMap((nodes) =>
  names.map((subject) => {
    const own = of(subject, nodes)
    const plain = of('publish-subscribe', nodes)
    const ratios = own.map(
      ({ eventsPerSecond }, round) => eventsPerSecond / (plain[round]?.eventsPerSecond ?? Number.NaN),
    )
    return {
      nodes,
      subject,
      p50: median(own.map(({ latency }) => latency?.p50 ?? Number.NaN)),
      p99: median(own.map(({ latency }) => latency?.p99 ?? Number.NaN)),
      eventsPerSecond: Math.round(median(own.map((sample) => sample.eventsPerSecond))),
      ofPlain: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
      redisCpuMs: median(own.map((sample) => sample.redisCpuMs)),
      lost: own.reduce((sum, sample) => sum + sample.lost, 0),
      outOfOrder: own.reduce((sum, sample) => sum + sample.outOfOrder, 0),
    }
  }),
)
const figures = {
  bytesOfTopic: Math.round(await memoryOfTopic()),
  redisCpuUs: {
    append: await redisCpuOf(0),
    appendFollowedBy10: await redisCpuOf(10),
    appendFollowedBy20: await redisCpuOf(20),
    read: await redisCpuOfRead(),
  },
}
console.log('| nodes | subject | p50 | p99 | events/s | of publish-subscribe | Redis CPU a 1,000 | lost |')
console.log('| ----: | ------- | --: | --: | -------: | -------------------: | ----------------: | ---: |')
for (const row of rows) {
  const { median: middle, least, most } = row.ofPlain
  const ms = (value: number) => (Number.isNaN(value) ? '' : `${value.toFixed(2)} ms`)
  console.log(
    `| ${row.nodes} | ${row.subject} | ${ms(row.p50)} | ${ms(row.p99)} | ${row.eventsPerSecond.toLocaleString('en')} | ${middle.toFixed(2)} × (${least.toFixed(2)} to ${most.toFixed(2)}) | ${row.redisCpuMs.toFixed(1)} ms | ${row.lost || 'none'} |`,
  )
}
console.log(figures)
await writeFile(
  new URL('../../../results-redis.json', import.meta.url),
  `${JSON.stringify({ machine: machine(), rounds, rows, figures }, null, 2)}\n`,
)
