import { randomUUID } from 'node:crypto'
import type { BusCoordination } from '../bus/bus.js'
import type { CompleteResponse } from '../http/adapter.js'
import { pause } from '../pause.js'
import { replay, type StoredResponse, toStored } from './stored-response.js'

/** For how long a node that runs a request is believed to, unless it says so again, in milliseconds. */
const runningMs = 5_000

/** How often a node looks for the answer of another. */
const lookMs = 100

/** For how long an answer is kept at the least, so that nodes that wait find it. */
const leastMs = 5_000

/** What a request was answered with. */
interface Outcome {
  readonly answer: CompleteResponse
  /** What is kept of it, if it has run on this node. */
  readonly kept?: StoredResponse
}

/**
 * Runs a request on one node only, and gives what it was answered with there, and what this node has put on the bus if it
 * has run here. Where a node dies while it runs one, whether it has run cannot be known, and it runs again.
 *
 * @param name where its answer is kept
 * @param fingerprint tells whether it is the same request
 * @param ms for how long its answer is kept
 * @param signal fires when nobody waits for it any more
 * @param run must not reject
 * @throws TidingsError `conflict` for a key that another request has had, or whose answer was too long to be kept;
 * `unavailable` if the bus cannot be used
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
  const holder = randomUUID()
  for (;;) {
    signal.throwIfAborted()
    const isOurs = await bus.acquire(running, holder, runningMs)
    // Looked for once it is ours: the one who had it has left an answer.
    const kept = await bus.get(name)
    if (kept !== undefined) {
      if (isOurs) await bus.release(running, holder).catch(() => {})
      return { answer: replay(JSON.parse(kept) as StoredResponse, fingerprint) }
    }
    if (isOurs) break
    await pause(lookMs, signal)
  }
  const renewing = setInterval(() => {
    bus.acquire(running, holder, runningMs).catch(() => {})
  }, runningMs / 3).unref()
  try {
    const answer = await run(signal)
    if (signal.aborted && answer.status === 500) return { answer }
    const kept = toStored(fingerprint, answer)
    // It has run, whether other nodes hear of it or not.
    await bus.put(name, JSON.stringify(kept), Math.max(ms, leastMs)).catch(() => {})
    return { answer, kept }
  } finally {
    clearInterval(renewing)
    await bus.release(running, holder).catch(() => {})
  }
}
