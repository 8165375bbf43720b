// One node of a service in a process of its own: see bench.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { serveParent } from '../lib/child.js'
import { quantile } from '../lib/quantile.js'
import { type Item, type SubjectName, subjects } from './subjects.js'

export interface Report {
  readonly emitted: number
  /** The number of events received from each node. */
  readonly received: Readonly<Record<string, number>>
  /** The latency of events from other nodes, in milliseconds. */
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

const commands = {
  /** Emits at a rate for a number of milliseconds. */
  rate: ({ perSecond, ms }: { perSecond: number; ms: number }) =>
    new Promise<void>((resolve) => {
      const startedAt = performance.now()
      const start = emitted
      const timer = setInterval(() => {
        const elapsed = Math.min(performance.now() - startedAt, ms)
        const due = start + Math.floor((elapsed * perSecond) / 1000)
        while (emitted < due) emitOne()
        if (elapsed < ms) return
        clearInterval(timer)
        resolve()
      }, 1)
    }),

  /**
   * Emits for a number of milliseconds, with a constant number of events under way to the node's own client.
   */
  flood({ outstanding, ms }: { outstanding: number; ms: number }) {
    flooding = { outstanding, until: performance.now() + ms }
    flood()
    return sleep(ms)
  },

  /** Reports the received events, and resets the counts. */
  report(): Report {
    const latency = { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
    const report = { emitted, received, latency, outOfOrder }
    flooding = undefined
    emitted = 0
    received = {}
    last = {}
    latencies = []
    outOfOrder = 0
    return report
  },
}

export type NodeCommands = typeof commands

serveParent(commands)
