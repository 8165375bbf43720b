import { withProcesses } from './measure.js'

/** What a process with so many subscribers holds, and what one event to all of them takes. */
export interface GrowthSample {
  readonly connections: number
  /** Of the whole process, in bytes. */
  readonly rss: number
  /** Microseconds of the server's CPU for each delivered event. */
  readonly cpuUs: number
  /** From emit until the last connection has it: the median of all events. */
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
    const address = await server.ask('start')
    await load.ask('connect', { address, connections, inspected: 20, confirmEvery: 1 })
    await server.ask('awaitSubscribers', connections)
    const { rss } = await server.ask('memory')
    const warm = await server.ask('emit', { ...emission, atLeastMs: 1_000 })
    await load.ask('mark')
    const { events, cpu } = await server.ask('emit', { ...emission, atLeastMs: 3_000 })
    const { lost, lastReceipt } = await load.ask('report', warm.events + events)
    return {
      connections,
      rss,
      cpuUs: (cpu.user + cpu.system) / (events * connections),
      lastReceiptMs: lastReceipt.median / 1e3,
      lost,
    }
  })
}
