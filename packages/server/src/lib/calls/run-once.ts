import type { BusCoordination } from '../bus/bus.js'
import type { CompleteResponse } from '../http/adapter.js'
import { pause } from '../pause.js'
import { setBackgroundInterval } from '../runtime/timers.js'
import { replay, type StoredResponse, toStored } from './stored-response.js'

/** How long a node holds a running request without renewing it, in milliseconds. */
const runningMs = 5_000

/** How often a node polls for the response of another, in milliseconds. */
const pollMs = 100

/** The least time that a response stays on the bus, so that waiting nodes find it, in milliseconds. */
const minStoredMs = 5_000

interface Outcome {
  readonly response: CompleteResponse
  /** The stored response, if the request ran on this node. */
  readonly stored?: StoredResponse
}

/**
 * Runs a request on one node, and resolves with its response on every node. If the node dies meanwhile, the
 * request runs again, because it may not have run.
 *
 * @param name the name of the stored response on the bus
 * @param fingerprint a hash of the request's body
 * @param ms how long the response is stored
 * @param signal fires when no caller waits any more
 * @param run if it rejects, nothing is stored, and the request may run again
 * @throws TidingsError `conflict` if the name was used for another request, or the response was too long to
 * be stored; `unavailable` if the bus failed
 */
export async function runOnceInCluster(
  bus: BusCoordination,
  name: string,
  fingerprint: string,
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<CompleteResponse>,
): Promise<Outcome> {
  const running = `${name}:running`
  const holder = crypto.randomUUID()
  for (;;) {
    signal.throwIfAborted()
    const isOurs = await bus.acquire(running, holder, runningMs)
    // Read after the attempt to acquire, because a node puts its response before it releases.
    const json = await bus.get(name)
    if (json !== undefined) {
      if (isOurs) await bus.release(running, holder).catch(() => {})
      return { response: replay(JSON.parse(json) as StoredResponse, fingerprint) }
    }
    if (isOurs) break
    await pause(pollMs, signal)
  }
  const renewing = setBackgroundInterval(() => {
    bus.acquire(running, holder, runningMs).catch(() => {})
  }, runningMs / 3)
  try {
    const response = await run(signal)
    // A failure after the abort is not the request's response.
    if (signal.aborted && response.status === 500) return { response }
    const stored = toStored(fingerprint, response)
    // The request has run even if the bus fails.
    await bus.put(name, JSON.stringify(stored), Math.max(ms, minStoredMs)).catch(() => {})
    return { response, stored }
  } finally {
    clearInterval(renewing)
    await bus.release(running, holder).catch(() => {})
  }
}
