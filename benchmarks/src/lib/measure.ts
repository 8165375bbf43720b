import { cpus } from 'node:os'
import type { LoadCommands } from '../load.js'
import type { ServeCommands } from '../serve.js'
import { Child } from './child.js'
import { runtimeOf } from './runtimes.js'
import type { FlowScenario, IdleScenario } from './scenario.js'

/** The figures of one subject in one round of a scenario with events. */
export interface FlowSample {
  readonly kind: 'flow'
  readonly deliveries: number
  /** Microseconds of the server's CPU for each delivered event. */
  readonly cpuUs: number
  /** Microseconds of the load generator's CPU for each delivered event. */
  readonly loadCpuUs: number
  /** The share of the time that the load generator was busy. Near 1, it is the bottleneck. */
  readonly loadBusy: number
  /** The share of the machine that other programs used. */
  readonly othersBusy: number
  readonly deliveriesPerSecond: number
  readonly latencyMs: { readonly median: number; readonly p99: number }
  readonly lastReceiptMs: { readonly median: number; readonly p99: number }
  readonly lost: number
  readonly duplicated: number
  readonly outOfOrder: number
}

/** The memory of one subject in one round of an idle scenario. */
export interface IdleSample {
  readonly kind: 'idle'
  /** Bytes of memory for each idle connection. */
  readonly rss: number
  /** The part of them on the JavaScript heap. */
  readonly heap: number
}

export type Sample = FlowSample | IdleSample

export async function measureFlow(subject: string, scenario: FlowScenario): Promise<FlowSample> {
  return withProcesses(subject, async (server, load) => {
    const { connections, inspected, warmUp, measured } = scenario
    const address = await server.call('start')
    await load.call('connect', { address, connections, inspected, confirmEvery: measured.confirmEvery })
    await server.call('awaitSubscribers', connections)
    const warm = await server.call('emit', warmUp)
    await load.call('mark')
    const allBefore = machineBusyMs()
    const { events, elapsedMs, cpu } = await server.call('emit', measured)
    const allBusyMs = machineBusyMs() - allBefore
    const received = await load.call('report', warm.events + events)
    const { lost, duplicated, outOfOrder } = received
    const deliveries = events * connections
    const serverCpu = cpu.user + cpu.system
    const loadCpu = received.cpu.user + received.cpu.system
    const othersMs = allBusyMs - (serverCpu + loadCpu) / 1e3
    return {
      kind: 'flow',
      deliveries,
      cpuUs: serverCpu / deliveries,
      loadCpuUs: loadCpu / deliveries,
      loadBusy: loadCpu / 1e3 / elapsedMs,
      othersBusy: Math.max(0, othersMs / elapsedMs / cpus().length),
      deliveriesPerSecond: (deliveries / elapsedMs) * 1e3,
      latencyMs: inMs(received.latency),
      lastReceiptMs: inMs(received.lastReceipt),
      lost,
      duplicated,
      outOfOrder,
    }
  })
}

export async function measureIdle(subject: string, { connections }: IdleScenario): Promise<IdleSample> {
  return withProcesses(subject, async (server, load) => {
    const address = await server.call('start')
    // The first subscribers load and compile code, which must not count as memory of the others.
    const first = Math.ceil(connections / 20)
    await load.call('connect', { address, connections: first, inspected: 1, confirmEvery: 1 })
    await server.call('awaitSubscribers', first)
    const emission = { burst: 1, window: 1, confirmEvery: 1, atLeastMs: 200, atMostEvents: 1_000 }
    const { isComplete } = await server.call('emit', { ...emission, atLeastBursts: 20 })
    if (!isComplete) throw new Error(`${subject} lost events`)
    const before = await server.call('memory')
    await load.call('connect', { address, connections, inspected: 1, confirmEvery: 1 })
    await server.call('awaitSubscribers', first + connections)
    const after = await server.call('memory')
    return {
      kind: 'idle',
      rss: (after.rss - before.rss) / connections,
      heap: (after.heapUsed - before.heapUsed) / connections,
    }
  })
}

export async function withProcesses<Result>(
  subject: string,
  measure: (server: Child<ServeCommands>, load: Child<LoadCommands>) => Promise<Result>,
): Promise<Result> {
  const server = new Child<ServeCommands>('@tidings/benchmarks/serve', subject, [subject], runtimeOf(subject))
  const load = new Child<LoadCommands>('@tidings/benchmarks/load', `the load of ${subject}`)
  try {
    return await measure(server, load)
  } finally {
    await Promise.all([server.end(), load.end()])
  }
}

function machineBusyMs(): number {
  return cpus().reduce((total, { times }) => total + times.user + times.nice + times.sys + times.irq, 0)
}

function inMs({ median, p99 }: { median: number; p99: number }) {
  return { median: median / 1e3, p99: p99 / 1e3 }
}
