import type { BusCoordination } from '../bus/bus.js'
import { whileHeld } from './lease.js'

export type SourceBody = (signal: AbortSignal) => Promise<void>

/** Returns a function that runs a topic's source on one node at a time. */
export function exclusiveSources(bus: BusCoordination, nodeId: string) {
  let count = 0
  return (topicKey: string, signal: AbortSignal, body: SourceBody): Promise<void> => {
    count += 1
    return whileHeld(bus, `source:${topicKey}`, `${nodeId}.${count}`, signal, body)
  }
}
