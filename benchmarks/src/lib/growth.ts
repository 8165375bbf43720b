import { withProcesses } from './measure.js'

/** The memory of a process with a number of subscribers, and the cost of an event to all of them. */
export interface GrowthSample {
  readonly connections: number
  /** The memory of the whole process, in bytes. */
  readonly rss: number
  /** Microseconds of the server's CPU for each delivered event. */
  readonly cpuUs: number
  /** The median time from emit to receipt by the last connection. */
  readonly lastReceiptMs: number
  readonly lost: number
}

export async function measureGrowth(subject: string, connections: number): Promise<GrowthSample> {
  return withProcesses(subject, async (server, load) => {
    const emission = {
      burst: 1,
      window: 1,
      confirmEvery: 1,
      atLeastBursts: 20,
      atMostEvents: Number.MAX_SAFE_INTEGER,
    }
    const address = await server.call('start')
    await load.call('connect', { address, connections, inspected: 20, confirmEvery: 1 })
    await server.call('awaitSubscribers', connections)
    const { rss } = await server.call('memory')
    const warm = await server.call('emit', { ...emission, atLeastMs: 1_000 })
    await load.call('mark')
    const { events, cpu } = await server.call('emit', { ...emission, atLeastMs: 3_000 })
    const { lost, lastReceipt } = await load.call('report', warm.events + events)
    return {
      connections,
      rss,
      cpuUs: (cpu.user + cpu.system) / (events * connections),
      lastReceiptMs: lastReceipt.median / 1e3,
      lost,
    }
  })
}
