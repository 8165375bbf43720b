import { randomUUID } from 'node:crypto'
import { TidingsError } from '@tidings/core'
import type { CompleteAnswer } from '../http/http.js'
import { pause } from '../pause.js'
import type { Bus } from './bus.js'

/** For how long a node that runs a request is believed to, unless it says so again, in milliseconds. */
const runningMs = 5_000

/** How often those look who wait for an answer from another node. */
const lookMs = 100

/** For how long an answer is remembered at the least, so that those who wait find it. */
const leastMs = 5_000

interface Kept {
  readonly fingerprint: string
  readonly answer: CompleteAnswer
}

/**
 * Runs a request on one node only, and gives what it was answered with there. Where a node dies while it runs one, whether
 * it has run cannot be known, and it runs again.
 *
 * @param key names the request
 * @param fingerprint tells whether it is the same request
 * @param ms for how long its answer is remembered
 * @param signal fires when nobody waits for it any more
 * @param run must not reject
 * @throws TidingsError `conflict` for a key that another request has had; `unavailable` if the bus cannot be used
 */
export async function onceAmongNodes(
  bus: Bus,
  key: string,
  fingerprint: string,
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<CompleteAnswer>,
): Promise<CompleteAnswer> {
  const name = `answer:${key}`
  const running = `${name}:running`
  const holder = randomUUID()
  for (;;) {
    signal.throwIfAborted()
    const isOurs = await bus.acquire(running, holder, runningMs)
    // Looked for once it is ours: the one who had it has left an answer.
    const kept = await bus.get(name)
    if (kept !== undefined) {
      if (isOurs) await bus.release(running, holder).catch(() => {})
      return answerOf(JSON.parse(kept), fingerprint)
    }
    if (isOurs) break
    await pause(lookMs, signal)
  }
  const renewing = setInterval(() => {
    bus.acquire(running, holder, runningMs).catch(() => {})
  }, runningMs / 3).unref()
  try {
    const answer = await run(signal)
    if (signal.aborted && answer.status === 500) return answer
    // It has run, whether others hear of it or not.
    await bus
      .put(name, JSON.stringify({ fingerprint, answer } satisfies Kept), Math.max(ms, leastMs))
      .catch(() => {})
    return answer
  } finally {
    clearInterval(renewing)
    await bus.release(running, holder).catch(() => {})
  }
}

function answerOf(kept: Kept, fingerprint: string): CompleteAnswer {
  if (kept.fingerprint === fingerprint) return kept.answer
  throw otherRequest()
}

/** What is thrown for a key that another request has had. */
export function otherRequest(): TidingsError {
  const message = 'This idempotency key was used for another request. Use a new one for each'
  return new TidingsError({ code: 'conflict', message })
}
