import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Child } from '../lib/child.js'
import { parseRounds } from '../lib/command-line.js'
import { machine } from '../lib/machine.js'
import { quantile } from '../lib/quantile.js'
import { measureFigures } from './figures.js'
import type { NodeCommands } from './node.js'
import { cpuOf, startRedis } from './own-redis.js'
import { type SubjectName, subjects } from './subjects.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const rounds = parseRounds(values.rounds)
const nodeCounts = [1, 2, 3]
const rate = { perSecond: 200, ms: 3_000 }
const flood = { outstanding: 500, ms: 3_000 }

/** The figures of one subject in one round, with a number of nodes. */
interface Sample {
  readonly subject: SubjectName
  readonly nodes: number
  readonly latency: { readonly p50: number; readonly p99: number } | undefined
  readonly eventsPerSecond: number
  /** The CPU of the Redis process for a thousand events, in milliseconds. */
  readonly redisCpuMs: number
  readonly lost: number
  readonly outOfOrder: number
}

function startNode(subject: SubjectName, redisUrl: string, name: string) {
  return new Child<NodeCommands>('@tidings/benchmarks/redis-node', name, [subject, redisUrl, name])
}

async function measure(subject: SubjectName, nodeCount: number): Promise<Sample> {
  const redis = await startRedis()
  const nodes = Array.from({ length: nodeCount }, (_, n) => startNode(subject, redis.url, `node ${n + 1}`))
  try {
    const [first] = nodes as [Child<NodeCommands>]
    await first.call('rate', { perSecond: 200, ms: 500 })
    await Promise.all(nodes.map((node) => node.call('flood', { outstanding: 50, ms: 1_000 })))
    await sleep(500)
    await Promise.all(nodes.map((node) => node.call('report')))

    let latency: Sample['latency']
    if (nodeCount > 1) {
      await first.call('rate', rate)
      await sleep(300)
      const [, other] = await Promise.all(nodes.map((node) => node.call('report')))
      latency = other?.latency
    }
    const before = await cpuOf(redis.client)
    await Promise.all(nodes.map((node) => node.call('flood', flood)))
    const cpuMs = (await cpuOf(redis.client)) - before
    // Events that arrive later than this count as lost.
    await sleep(3_000)
    const reports = await Promise.all(nodes.map((node) => node.call('report')))
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
    await Promise.all(nodes.map((node) => node.end()))
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
const figures = await measureFigures()
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
