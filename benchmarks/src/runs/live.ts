import { Child } from '../lib/child.js'
import { quantile } from '../lib/quantile.js'
import { cpuOf, startRedis } from '../redis/own-redis.js'
import type { StreamName, Work } from './contract.js'
import type { ReaderCommands } from './reader.js'
import type { ReaderName } from './readers.js'
import type { ServerCommands } from './server.js'
import type { Subject } from './subjects.js'

interface Flow {
  readonly name: string
  readonly stream: StreamName
  readonly warmUp: Work
  readonly measured: Work
}

const flows: readonly Flow[] = [
  {
    name: 'a generator, 20 events a turn',
    stream: 'generated',
    warmUp: { events: 40_000, burst: 20, everyMs: 0 },
    measured: { events: 100_000, burst: 20, everyMs: 0 },
  },
  {
    name: 'awaited emits',
    stream: 'awaited',
    warmUp: { events: 40_000, burst: 0, everyMs: 0 },
    measured: { events: 100_000, burst: 0, everyMs: 0 },
  },
  {
    name: 'a generator, 1 event a millisecond',
    stream: 'generated',
    warmUp: { events: 300, burst: 1, everyMs: 1 },
    measured: { events: 2_000, burst: 1, everyMs: 1 },
  },
]

export const readerNames: readonly ReaderName[] = ['client', 'client-alone', 'http']
const oneEvent: Work = { events: 1, burst: 0, everyMs: 0 }
const starts = { warmUp: 200, measured: 300 }

/** What one run costs, in microseconds of CPU for each event. */
export interface FlowSample {
  readonly flow: string
  readonly reader: ReaderName
  readonly serverUs: number
  readonly readerUs: number
  readonly redisUs: number
  readonly eventsPerSecond: number
}

/** The time from the start of a run to its first event. */
export interface StartSample {
  readonly reader: ReaderName
  readonly medianMs: number
  readonly p99Ms: number
  /** Microseconds of the server's CPU for each run. */
  readonly serverUs: number
}

export interface LiveSample {
  readonly flows: readonly FlowSample[]
  readonly starts: readonly StartSample[]
}

/** Measures an engine in one round: runs that one reader reads while they are written. */
export async function measureLive(subject: Subject, names: readonly ReaderName[]): Promise<LiveSample> {
  const redis = subject.redis ? await startRedis() : undefined
  const args = redis ? [redis.url] : []
  const server = new Child<ServerCommands>(
    '@tidings/benchmarks/runs-server',
    subject.name,
    args,
    subject.runtime,
  )
  const sample = { flows: [] as FlowSample[], starts: [] as StartSample[] }
  try {
    const url = await server.call('url')
    for (const name of names) {
      const module = '@tidings/benchmarks/runs-reader'
      const reader = new Child<ReaderCommands>(module, `the reader ${name}`, [name, url], subject.runtime)
      try {
        // A client without a connection differs only in how it starts.
        for (const flow of name === 'client-alone' ? [] : flows)
          sample.flows.push(await measureFlow(name, flow, reader))
        sample.starts.push(await measureStart(name, reader))
      } finally {
        await reader.end()
      }
    }
    return sample
  } finally {
    await server.end()
    await redis?.stop()
  }

  async function measureFlow(
    reader: ReaderName,
    flow: Flow,
    process: Child<ReaderCommands>,
  ): Promise<FlowSample> {
    const { stream, measured: work } = flow
    await process.call('read', { stream, work: flow.warmUp })
    const serverBefore = await server.call('cpu')
    const redisBefore = redis ? await cpuOf(redis.client) : 0
    const startedAt = performance.now()
    const readerCpu = await process.call('read', { stream, work })
    const elapsedMs = performance.now() - startedAt
    const serverCpu = (await server.call('cpu')) - serverBefore
    const redisMs = redis ? (await cpuOf(redis.client)) - redisBefore : 0
    return {
      flow: flow.name,
      reader,
      serverUs: serverCpu / work.events,
      readerUs: readerCpu / work.events,
      redisUs: (redisMs * 1e3) / work.events,
      eventsPerSecond: (work.events / elapsedMs) * 1e3,
    }
  }

  async function measureStart(reader: ReaderName, process: Child<ReaderCommands>): Promise<StartSample> {
    const short = { stream: 'generated', work: oneEvent } as const
    await process.call('start', { ...short, runs: starts.warmUp })
    const before = await server.call('cpu')
    const times = await process.call('start', { ...short, runs: starts.measured })
    const serverCpu = (await server.call('cpu')) - before
    return {
      reader,
      medianMs: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      serverUs: serverCpu / starts.measured,
    }
  }
}
