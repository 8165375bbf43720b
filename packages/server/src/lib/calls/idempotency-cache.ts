import { TidingsError } from '@tidings/core'
import type { BusCoordination } from '../bus/bus.js'
import { waitAtMost } from '../deadline.js'
import type { CompleteResponse } from '../http/adapter.js'
import { ignorable } from '../ignorable.js'
import { onAbort } from '../on-abort.js'
import { sha256 } from '../runtime/sha256.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import { abortedMs } from './call-tracker.js'
import { type ResponseOwner, ResponseStore } from './response-store.js'
import { runOnceInCluster } from './run-once.js'
import { replay, requireSameRequest, toStored } from './stored-response.js'

/**
 * How long an execution outlives its last caller, in milliseconds: a caller that lost its connection may
 * retry.
 */
const abandonedMs = 2_000

/** A request that has an idempotency key. */
export interface IdempotentRequest extends ResponseOwner {
  /** The caller whose retries share the response. */
  readonly owner: string
  /** Unique among the owner's requests. */
  readonly key: string
  /** Compared with the body of a retry. */
  readonly body: unknown
  /** How long the response is kept, in milliseconds. With 0, only retries during the execution share it. */
  readonly ms: number
  /** Fires when the caller leaves. */
  readonly left: AbortSignal
  /** Keeps the process running until the response is stored, where the host would otherwise suspend it. */
  waitUntil?(promise: Promise<unknown>): void
}

interface Execution {
  readonly fingerprint: string
  readonly response: Promise<CompleteResponse>
  readonly controller: AbortController
  /** The number of callers that wait for the response. */
  callers: number
  /** Aborts the execution unless a caller returns. */
  abandonTimer: Timer | undefined
}

/**
 * Runs each request with an idempotency key once, and gives its retries the first response.
 *
 * A node stores the responses of its own executions and, with a bus, puts them there too. A response that it
 * drops to make room is removed from the bus as well.
 */
export class IdempotencyCache {
  readonly #bus: BusCoordination | undefined
  readonly #executions = new Map<string, Execution>()
  readonly #store: ResponseStore

  /** @param bus shares responses with other nodes */
  constructor(bus?: BusCoordination) {
    this.#bus = bus
    this.#store = new ResponseStore((id) => {
      // If this fails, the response expires on the bus.
      bus?.forget(busName(id)).catch(() => {})
    })
  }

  /**
   * Runs a request, joins its current execution, or returns its stored response, whether success or failure.
   *
   * @param execute its signal fires a while after the last caller has left
   * @throws TidingsError `conflict` if the key was used for another request, or the response was too long to
   * be stored; `unavailable` if the execution was cancelled because its callers left, or the bus failed
   */
  async run(
    request: IdempotentRequest,
    execute: (signal: AbortSignal) => Promise<CompleteResponse>,
  ): Promise<CompleteResponse> {
    const id = await hash([request.owner, request.key])
    const fingerprint = await hash(request.body)
    const stored = this.#store.get(id)
    if (stored) return replay(stored, fingerprint)
    const current = this.#executions.get(id)
    if (current) requireSameRequest(current.fingerprint, fingerprint)
    return join(current ?? this.#start(id, fingerprint, request, execute), request.left)
  }

  /** Aborts every execution, and waits a moment for their handlers to return. */
  async close(reason: Error): Promise<void> {
    const executions = [...this.#executions.values()]
    for (const { controller } of executions) controller.abort(reason)
    await waitAtMost(abortedMs, Promise.allSettled(executions.map(({ response }) => response)))
    this.#store.clear()
  }

  #start(
    id: string,
    fingerprint: string,
    request: IdempotentRequest,
    execute: (signal: AbortSignal) => Promise<CompleteResponse>,
  ): Execution {
    const controller = new AbortController()
    const response = this.#respond(id, fingerprint, request, controller.signal, execute).finally(() => {
      clearTimeout(execution.abandonTimer)
      this.#executions.delete(id)
    })
    request.waitUntil?.(response)
    const execution: Execution = {
      fingerprint,
      // Every caller may have left by the time it rejects.
      response: ignorable(response),
      controller,
      callers: 0,
      abandonTimer: undefined,
    }
    this.#executions.set(id, execution)
    return execution
  }

  async #respond(
    id: string,
    fingerprint: string,
    request: IdempotentRequest,
    signal: AbortSignal,
    execute: (signal: AbortSignal) => Promise<CompleteResponse>,
  ): Promise<CompleteResponse> {
    const { ms } = request
    if (ms === 0 || !this.#bus) {
      const response = await execute(signal)
      requireNotCancelled(signal, response)
      if (ms > 0) this.#store.add(id, toStored(fingerprint, response), request, ms)
      return response
    }
    const name = busName(id)
    const { response, stored } = await runOnceInCluster(this.#bus, name, fingerprint, ms, signal, execute)
    requireNotCancelled(signal, response)
    if (stored) this.#store.add(id, stored, request, ms)
    return response
  }
}

/** The name of a stored response on the bus. */
function busName(id: string): string {
  return `response:${id}`
}

/** Waits for an execution's response. The execution is aborted a while after its last caller has left. */
async function join(execution: Execution, left: AbortSignal): Promise<CompleteResponse> {
  clearTimeout(execution.abandonTimer)
  execution.callers += 1
  const stop = onAbort(left, () => {
    execution.callers -= 1
    if (execution.callers > 0) return
    const abandon = () => execution.controller.abort(left.reason)
    execution.abandonTimer = setBackgroundTimeout(abandon, abandonedMs)
  })
  try {
    return await execution.response
  } finally {
    stop()
  }
}

/** Keys and bodies have any length that a client sends; hashes do not. */
function hash(value: unknown): string | Promise<string> {
  return sha256(JSON.stringify(value) ?? '')
}

/**
 * @throws TidingsError `unavailable` if the execution failed after it was aborted: that failure is not its
 * response
 */
function requireNotCancelled(signal: AbortSignal, { status }: CompleteResponse): void {
  if (!signal.aborted || status !== 500) return
  const message = 'The command was cancelled because its caller left; it may or may not have run'
  throw new TidingsError({ code: 'unavailable', message })
}
