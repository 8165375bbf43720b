// One client in a process of its own: see node-client.ts.
import { Session } from 'node:inspector/promises'
import { EventSource } from 'eventsource'
import { serveParent } from '../lib/child.js'
import { type ClientName, clients } from './clients.js'
import { Receiver } from './receiver.js'
import { allocatedBytes, samplingOptions } from './sampling.js'

const [name, topicsText, url = ''] = process.argv.slice(2)
const topics = Number(topicsText)
const receiver = new Receiver(topics)
const session = new Session()
session.connect()

await clients[name as ClientName].start({
  url,
  topics,
  EventSource: EventSource as unknown as typeof globalThis.EventSource,
  onEvent: receiver.onEvent,
})

const commands = {
  receive: (count: number): Promise<void> => receiver.receive(count),

  /** Returns the CPU of the process in microseconds. */
  cpuUs(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  },

  outOfOrder: (): number => receiver.outOfOrder,

  async beginSampling(): Promise<void> {
    await session.post('HeapProfiler.startSampling', samplingOptions)
  },

  /** Returns the bytes that were allocated since sampling began. */
  async endSampling(): Promise<number> {
    const { profile } = await session.post('HeapProfiler.stopSampling')
    return allocatedBytes(profile)
  },
}

export type ReaderCommands = typeof commands

serveParent(commands)
