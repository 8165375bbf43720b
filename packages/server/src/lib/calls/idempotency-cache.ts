import { createHash } from 'node:crypto'
import { TidingsError } from '@tidings/core'
import type { Bus } from '../bus/bus.js'
import type { CompleteResponse } from '../http/adapter.js'
import { ignorable } from '../ignorable.js'
import { runOnceInCluster } from '../nodes/run-once.js'
import { type ResponseOwner, ResponseStore } from './response-store.js'
import { replay, requireSameRequest, toStored } from './stored-response.js'

/** For how long a run goes on without a caller: one that has lost its connection may ask again. */
const abandonedMs = 2_000

/** A request that has an idempotency key. */
export interface IdempotentRequest extends ResponseOwner {
  /** Whose it is: the answer is given to no other caller. */
  readonly owner: string
  /** Names the request among those of its owner. */
  readonly key: string
  /** Tells whether it is the same request. */
  readonly body: unknown
  /** For how long its answer is kept, in milliseconds; with 0, a retry shares the run and finds nothing after it. */
  readonly ms: number
  /** Fires when the caller leaves. */
  readonly left: AbortSignal
}

interface Execution {
  readonly fingerprint: string
  readonly answer: Promise<CompleteResponse>
  readonly controller: AbortController
  /** How many callers wait for it. */
  waiting: number
  abandoned: NodeJS.Timeout | undefined
}

/**
 * The answers to requests that have an idempotency key: one that is sent again, because its answer was lost, is not run
 * again but given the first one's.
 *
 * What a node has run it keeps itself and, with a bus, on the bus; what it forgets to make room, it forgets there too.
 */
export class IdempotencyCache {
  readonly #bus: Bus | undefined
  readonly #executions = new Map<string, Execution>()
  readonly #store: ResponseStore

  /** @param bus tells what other nodes have answered */
  constructor(bus?: Bus) {
    this.#bus = bus
    this.#store = new ResponseStore((id) => {
      // Where it cannot be forgotten, it expires.
      bus?.forget(nameOf(id)).catch(() => {})
    })
  }

  /**
   * Runs a request, or waits for the one that is running, or gives what it was answered with, be it a failure.
   *
   * @param run its signal fires a while after the last caller has left
   * @throws TidingsError `conflict` for a key that another request has had, or whose answer was too long to be kept;
   * `unavailable` where it was given up because no caller waited for it, or the bus cannot tell whether it has run elsewhere
   */
  async once(
    request: IdempotentRequest,
    run: (signal: AbortSignal) => Promise<CompleteResponse>,
  ): Promise<CompleteResponse> {
    const id = hash([request.owner, request.key])
    const fingerprint = hash(request.body)
    const kept = this.#store.get(id)
    if (kept) return replay(kept, fingerprint)
    const running = this.#executions.get(id)
    if (running) requireSameRequest(running.fingerprint, fingerprint)
    return wait(running ?? this.#execute(id, fingerprint, request, run), request.left)
  }

  /** Gives up what is under way, and waits until that is over. */
  async close(reason: Error): Promise<void> {
    const runs = [...this.#executions.values()]
    for (const { controller } of runs) controller.abort(reason)
    await Promise.allSettled(runs.map(({ answer }) => answer))
    this.#store.clear()
  }

  #execute(
    id: string,
    fingerprint: string,
    request: IdempotentRequest,
    run: (signal: AbortSignal) => Promise<CompleteResponse>,
  ): Execution {
    const controller = new AbortController()
    const answer = this.#respond(id, fingerprint, request, controller.signal, run).finally(() => {
      clearTimeout(running.abandoned)
      this.#executions.delete(id)
    })
    // Perhaps no caller waits for it any more.
    const running: Execution = {
      fingerprint,
      answer: ignorable(answer),
      controller,
      waiting: 0,
      abandoned: undefined,
    }
    this.#executions.set(id, running)
    return running
  }

  async #respond(
    id: string,
    fingerprint: string,
    request: IdempotentRequest,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<CompleteResponse>,
  ): Promise<CompleteResponse> {
    const { ms } = request
    if (ms === 0 || !this.#bus) {
      const answer = await run(signal)
      requireNotGivenUp(signal, answer)
      if (ms > 0) this.#store.add(id, toStored(fingerprint, answer), request, ms)
      return answer
    }
    const { answer, kept } = await runOnceInCluster(this.#bus, nameOf(id), fingerprint, ms, signal, run)
    requireNotGivenUp(signal, answer)
    if (kept) this.#store.add(id, kept, request, ms)
    return answer
  }
}

/** Under which name the bus has an answer. */
function nameOf(id: string): string {
  return `answer:${id}`
}

async function wait(run: Execution, left: AbortSignal): Promise<CompleteResponse> {
  const leave = () => {
    run.waiting -= 1
    if (run.waiting > 0) return
    run.abandoned = setTimeout(() => run.controller.abort(left.reason), abandonedMs).unref()
  }
  clearTimeout(run.abandoned)
  run.waiting += 1
  if (left.aborted) leave()
  else left.addEventListener('abort', leave, { once: true })
  try {
    return await run.answer
  } finally {
    left.removeEventListener('abort', leave)
  }
}

/** Keys and bodies are as long as clients make them. */
function hash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('base64url')
}

/** @throws TidingsError `unavailable` for what broke because it was given up, which is not an answer */
function requireNotGivenUp(signal: AbortSignal, { status }: CompleteResponse): void {
  if (!signal.aborted || status !== 500) return
  const message = 'The command was cancelled because its caller left; it may or may not have run'
  throw new TidingsError({ code: 'unavailable', message })
}
