import { Child } from '../lib/child.js'
import { quantile } from '../lib/quantile.js'
import { startRedis } from '../redis/own-redis.js'
import type { CutReadersCommands } from './cut-readers.js'
import type { ServerCommands } from './server.js'

/** Ten minutes of one event a second, in a tenth of the time. */
const work = { events: 600, burst: 1, everyMs: 100 }
const cutEveryMs = 500
/** A tenth of the default as well: about how long clients wait before they reconnect. */
const retryMs = 200
const clients = 10

/** What clients have seen of their runs, in all. */
export interface CutSample {
  readonly nodes: number
  readonly clients: number
  readonly cuts: number
  readonly received: number
  /** Events that were missing, double or out of order. */
  readonly wrong: number
  readonly failures: readonly string[]
  readonly medianMs: number
  readonly p99Ms: number
  readonly longestMs: number
}

/** Reads runs with clients whose connections are cut, and go on at another node. One node is in memory. */
export async function measureCuts(nodeCount: number): Promise<CutSample> {
  const redis = nodeCount > 1 ? await startRedis() : undefined
  const nodes = Array.from(
    { length: nodeCount },
    (_, n) =>
      new Child<ServerCommands>('@tidings/benchmarks/runs-server', `node ${n + 1}`, [
        redis?.url ?? '',
        String(retryMs),
      ]),
  )
  const readers = new Child<CutReadersCommands>('@tidings/benchmarks/runs-cut-readers', 'the clients')
  try {
    const urls = await Promise.all(nodes.map((node) => node.call('url')))
    const ports = urls.map((url) => Number(new URL(url).port))
    const readings = await readers.call('read', { ports, clients, work, cutEveryMs })
    const sum = (pick: (reading: (typeof readings)[number]) => number) =>
      readings.reduce((total, reading) => total + pick(reading), 0)
    const times = readings.flatMap(({ resumedMs }) => resumedMs)
    return {
      nodes: nodeCount,
      clients,
      cuts: sum(({ cuts }) => cuts),
      received: sum(({ received }) => received),
      wrong: sum(({ received, outOfOrder }) => outOfOrder + Math.abs(work.events - received)),
      failures: readings.flatMap(({ failure }) => failure ?? []),
      medianMs: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      longestMs: Math.max(...times),
    }
  } finally {
    await Promise.all([...nodes, readers].map((child) => child.end()))
    await redis?.stop()
  }
}
