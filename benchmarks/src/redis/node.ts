// One node of a service in a process of its own: see bench.ts.
import { quantile } from '../lib/quantile.js'
import { type Item, type SubjectName, subjects } from './subjects.js'

/** What a node is asked to do. */
export type Order =
  /** Emit so many a second, for so many milliseconds. */
  | { readonly type: 'rate'; readonly perSecond: number; readonly ms: number }
  /** Emit as fast as what it emits arrives at its own client, with so many on their way, for so many milliseconds. */
  | { readonly type: 'flood'; readonly outstanding: number; readonly ms: number }
  /** Tell what came, and begin anew. */
  | { readonly type: 'report' }

export interface Report {
  readonly emitted: number
  /** How many came from each node. */
  readonly received: Readonly<Record<string, number>>
  /** Of those from other nodes, in milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number }
  readonly outOfOrder: number
}

const [subjectName, redisUrl = '', by = ''] = process.argv.slice(2)
const text = 'x'.repeat(200)
let emitted = 0
let received: Record<string, number> = {}
let last: Record<string, number> = {}
let latencies: number[] = []
let outOfOrder = 0
let flooding: { outstanding: number; until: number } | undefined

const now = () => performance.timeOrigin + performance.now()
const { emit } = await subjects[subjectName as SubjectName](redisUrl, (item: Item) => {
  received[item.by] = (received[item.by] ?? 0) + 1
  if (item.n <= (last[item.by] ?? 0)) outOfOrder += 1
  last[item.by] = item.n
  if (item.by !== by) latencies.push(now() - item.at)
  else if (flooding) flood()
})

function emitOne(): void {
  emitted += 1
  emit({ by, n: emitted, at: now(), text }).catch(() => {})
}

function flood(): void {
  if (!flooding || performance.now() > flooding.until) return
  while (emitted - (received[by] ?? 0) < flooding.outstanding) emitOne()
}

process.on('message', (order: Order) => {
  if (order.type === 'rate') {
    const startedAt = performance.now()
    const start = emitted
    const timer = setInterval(() => {
      const elapsed = Math.min(performance.now() - startedAt, order.ms)
      const due = start + Math.floor((elapsed * order.perSecond) / 1000)
      while (emitted < due) emitOne()
      if (elapsed < order.ms) return
      clearInterval(timer)
      process.send?.('done')
    }, 1)
  } else if (order.type === 'flood') {
    flooding = { outstanding: order.outstanding, until: performance.now() + order.ms }
    flood()
    setTimeout(() => process.send?.('done'), order.ms)
  } else {
    const latency = { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
    process.send?.({ emitted, received, latency, outOfOrder } satisfies Report)
    flooding = undefined
    emitted = 0
    received = {}
    last = {}
    latencies = []
    outOfOrder = 0
  }
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
