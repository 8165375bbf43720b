/** Runs the subscribers of one subject, in a process of their own. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveParent } from './lib/child.js'
import { microseconds } from './lib/feed-event.js'
import type { Inspection } from './lib/inspection.js'
import { quantile } from './lib/quantile.js'
import { Subscriber } from './lib/subscriber.js'
import type { Address } from './serve.js'

/** How many connections are opened concurrently. */
const concurrentOpens = 64

export interface Load {
  readonly address: Address
  readonly connections: number
  /** How many of the connections parse events. */
  readonly inspected: number
  /** The number of events that every connection must receive before the server gets a confirmation. */
  readonly confirmEvery: number
}

export interface Received {
  /** The deliveries to all connections since the last was opened. */
  readonly deliveries: number
  readonly lost: number
  readonly duplicated: number
  readonly outOfOrder: number
  /** From emit to receipt by an inspected connection, since {@link LoadCommands.mark}. */
  readonly latency: Distribution
  /** From emit to receipt by the last connection, since the mark. */
  readonly lastReceipt: Distribution
  /** The CPU time of the process since the mark, in microseconds. */
  readonly cpu: { readonly user: number; readonly system: number }
}

/** In microseconds. */
export interface Distribution {
  readonly median: number
  readonly p99: number
}

export type LoadCommands = {
  /** Opens further connections, and resets the counts of all. */
  connect(load: Load): Promise<void>
  /** Begins to measure latency and CPU time. */
  mark(): void
  /** Waits until every event has arrived, or no more arrive, and reports. */
  report(expectedEach: number): Promise<Received>
}

const subscribers: Subscriber[] = []
const inspections: Inspection[] = []
const lastReceipts: number[] = []
let pacer: Socket | undefined
let deliveries = 0
let perConfirmation = 0
let confirmAt = 0
let cpuAtMark = process.cpuUsage()

serveParent({
  async connect({ address, connections, inspected, confirmEvery }) {
    pacer ??= connect({ port: address.pacerPort, host: '127.0.0.1', noDelay: true })
    const all = subscribers.length + connections
    const stride = Math.max(1, Math.floor(connections / inspected))
    const openOne = async (): Promise<void> => {
      while (subscribers.length < all) {
        const isInspected = subscribers.length % stride === 0
        const subscriber = new Subscriber(address.port, address.client, isInspected, countEvents)
        subscribers.push(subscriber)
        if (subscriber.inspection) inspections.push(subscriber.inspection)
        await subscriber.subscribed
      }
    }
    await Promise.all(Array.from({ length: concurrentOpens }, openOne))
    for (const subscriber of subscribers) subscriber.restart()
    deliveries = 0
    perConfirmation = confirmEvery * all
    confirmAt = perConfirmation
  },

  mark() {
    cpuAtMark = process.cpuUsage()
    lastReceipts.length = 0
    for (const { latencies } of inspections) latencies.length = 0
  },

  async report(expectedEach) {
    const cpu = process.cpuUsage(cpuAtMark)
    const expected = expectedEach * subscribers.length
    for (let before = -1; deliveries < expected && deliveries > before; await sleep(1_000))
      before = deliveries
    // Duplicates would arrive late.
    await sleep(100)
    const sum = (count: (subscriber: Subscriber) => number) =>
      subscribers.reduce((total, subscriber) => total + count(subscriber), 0)
    return {
      deliveries,
      lost: sum(({ received, inspection }) => Math.max(expectedEach - received, inspection?.lost ?? 0, 0)),
      duplicated: sum(({ received, inspection }) =>
        Math.max(received - expectedEach, inspection?.duplicated ?? 0, 0),
      ),
      outOfOrder: sum(({ inspection }) => inspection?.outOfOrder ?? 0),
      latency: distributionOf(inspections.flatMap(({ latencies }) => latencies)),
      lastReceipt: distributionOf(lastReceipts),
      cpu,
    }
  },
} satisfies LoadCommands)

function countEvents(events: number): void {
  deliveries += events
  while (deliveries >= confirmAt) {
    confirmAt += perConfirmation
    const newest = Math.max(...inspections.map(({ emittedAt }) => emittedAt))
    lastReceipts.push(microseconds() - newest)
    pacer?.write('+')
  }
}

function distributionOf(values: readonly number[]): Distribution {
  return { median: quantile(values, 0.5), p99: quantile(values, 0.99) }
}
