import { Child } from '../lib/child.js'
import { clients, type MeasuredName, subjectOf } from './clients.js'
import type { FeedCommands } from './feed.js'
import type { ClientScenario } from './scenarios.js'

/** A client that is connected to its feed. */
export interface ConnectedClient {
  /** Resolves when so many events have arrived. */
  receive(count: number): Promise<unknown>
  /** Returns the CPU time so far, in microseconds. */
  cpuUs(): Promise<number>
  beginSampling(): Promise<void>
  /** Returns the bytes that were allocated since sampling began. */
  endSampling(): Promise<number>
  outOfOrder(): Promise<number>
  end(): Promise<void>
}

/** Where clients run. */
export interface ClientHost {
  readonly name: string
  connect(name: MeasuredName, topics: number, url: string): Promise<ConnectedClient>
}

/** What an event cost a client in one round. */
export interface ClientReading {
  readonly cpuUs: number
  readonly allocatedBytes: number
  readonly outOfOrder: number
}

/** Measures one client. Its server is a process of its own. */
export async function measureClient(
  host: ClientHost,
  name: MeasuredName,
  { topics, burst, everyMs, warmUp, measured, sampled }: ClientScenario,
): Promise<ClientReading> {
  const feed = new Child<FeedCommands>('@tidings/benchmarks/client-feed', 'the server', [
    clients[subjectOf(name)].feed,
    String(topics),
  ])
  let client: ConnectedClient | undefined
  try {
    client = await host.connect(name, topics, await feed.call('url'))
    const { receive } = client
    const flow = async (count: number) => {
      const received = receive(count)
      await feed.call('emit', { count, burst, everyMs })
      await received
    }
    await flow(warmUp)
    const before = await client.cpuUs()
    await flow(measured)
    const cpuUs = ((await client.cpuUs()) - before) / measured
    await client.beginSampling()
    await flow(sampled)
    const allocatedBytes = (await client.endSampling()) / sampled
    return { cpuUs, allocatedBytes, outOfOrder: await client.outOfOrder() }
  } finally {
    await Promise.all([feed.end(), client?.end()])
  }
}
