import type { TidingsError } from '@tidings/core'
import {
  backoffMs,
  type ControlOperation,
  type ControlRequest,
  type ControlResult,
  decodeControlResponse,
  fromProblem,
  isReceived,
} from '@tidings/core/wire'
import type { ResolvedOptions } from '../options.js'
import { report } from '../reporting.js'
import { isFatal, isMistake, isRetryable, requestFailure } from './failures.js'
import { postJson } from './request.js'

/** How many operations one request has at the most, and of about how many characters, unless one alone is longer. */
const max = { operations: 1_000, length: 100_000 }

/**
 * How long a request may take the first time, in milliseconds, and twice as long each time after that. A network that was lost
 * in silence leaves it on a kept-alive connection that is dead, and another is made on a new one.
 */
const firstTimeoutMs = 4_000

/** A topic that is to be carried. */
export interface TransportTopic {
  /** Where it is to go on from, as text. */
  readonly cursor: string | undefined
  /** Whether nothing is under way that has to come before it can be said to be carried. */
  readonly isSettled: boolean
  /** Whether there is something to ask the server for. */
  readonly needsRequest: boolean
  /**
   * What the server has to be asked for, if anything; it counts as asked then.
   *
   * @param sequence the number of the request that asks, by which the server names what has come of it
   */
  takeRequest(sequence?: number): 'subscribe' | 'snapshot' | undefined
  /** What it was asked for may not have been heard: it is to be asked for again. */
  onLost(): void
  /** The server will not carry it, or not now. */
  onFailed(problem: TidingsError): void
  /** The server will not send the snapshot that was asked for, or not now. */
  onSnapshotFailed(problem: TidingsError): void
}

/** What the control of a connection is about. */
export interface ControlDeps {
  readonly options: ResolvedOptions
  /** The topics that are to be carried, by key. */
  readonly topics: ReadonlyMap<string, TransportTopic>
  /** Something was answered. */
  onAnswered(): void
  /** The connection that was to be controlled is of no use any more. */
  abandon(problem: TidingsError): void
  /** The server will not be controlled: no other connection would be any better. */
  refuse(problem: TidingsError): void
}

/**
 * Keeps what a shared connection carries in step with what is wanted. It looks at the difference, and asks for that: what
 * changes within a turn, or while a request is under way, goes into one.
 */
export class Control {
  readonly #deps: ControlDeps
  /** The topics that the connection carries, or was asked to. */
  readonly #carried = new Set<string>()
  #id: string | undefined
  #abort: AbortController | undefined
  #isScheduled = false
  #isBusy = false
  #mustReauthorize = false
  #wasDenied = false
  /** How many requests there were about this connection: one that was given up must not be done after a newer one. */
  #sequence = 0
  #failures = 0
  /** Requests in a row that were not answered in time. */
  #timeouts = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(owner: ControlDeps) {
    this.#deps = owner
  }

  get isOpen(): boolean {
    return this.#id !== undefined
  }

  get #timeoutMs(): number {
    return Math.min(firstTimeoutMs * 2 ** this.#timeouts, this.#deps.options.timeoutMs)
  }

  /** There is a connection now, which carries nothing yet. */
  opened(id: string): void {
    this.#id = id
    this.#sequence = 0
    this.#wasDenied = false
    this.#abort = new AbortController()
    this.sync()
  }

  /** There is none any more. */
  lost(): void {
    this.#id = undefined
    this.#abort?.abort()
    this.#carried.clear()
    this.#isBusy = false
    this.#mustReauthorize = false
    this.#failures = 0
    this.#timeouts = 0
    clearTimeout(this.#retry)
    this.#retry = undefined
  }

  /** The server asks who we are. */
  reauthorize(): void {
    this.#mustReauthorize = true
    this.sync()
  }

  /** Something may have changed: asks for the difference, when this turn is over. */
  sync(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      if (this.#id !== undefined && !this.#isBusy && this.#retry === undefined) void this.#run(this.#id)
    })
  }

  async #run(id: string): Promise<void> {
    const operations = this.#difference()
    if (operations.length === 0 && !this.#mustReauthorize) return
    this.#isBusy = true
    this.#mustReauthorize = false
    try {
      const results = await this.#send(id, operations)
      if (this.#id !== id) return
      this.#isBusy = false
      this.#failures = 0
      this.#timeouts = 0
      this.#wasDenied = false
      operations.forEach((operation, index) => {
        this.#finish(operation, results[index])
      })
      this.#deps.onAnswered()
      this.sync()
    } catch (error) {
      if (this.#id !== id) return
      this.#isBusy = false
      this.#failed(requestFailure(error, 'The control request', undefined), operations)
    }
  }

  #difference(): ControlOperation[] {
    const { topics } = this.#deps
    const operations: ControlOperation[] = []
    let length = 0
    const hasRoom = (key: string) => {
      length += key.length + 100
      return operations.length === 0 || (operations.length < max.operations && length < max.length)
    }
    for (const key of this.#carried) {
      if (topics.has(key)) continue
      if (!hasRoom(key)) return operations
      operations.push({ unsubscribe: key })
    }
    for (const [key, topic] of topics) {
      if (!topic.needsRequest) continue
      if (!hasRoom(key)) return operations
      const request = topic.takeRequest(this.#sequence + 1)
      if (request === 'snapshot') operations.push({ snapshot: key })
      if (request !== 'subscribe') continue
      this.#carried.add(key)
      const { cursor } = topic
      operations.push(cursor === undefined ? { subscribe: key } : { subscribe: key, cursor })
    }
    return operations
  }

  async #send(id: string, operations: readonly ControlOperation[]): Promise<readonly ControlResult[]> {
    this.#sequence += 1
    const request: ControlRequest = { sequence: this.#sequence, operations }
    const { text } = await postJson(this.#deps.options, `$connections/${encodeURIComponent(id)}`, request, {
      signal: this.#abort?.signal,
      timeoutMs: this.#timeoutMs,
    })
    return decodeControlResponse(text, request).results
  }

  /** What was accepted says so on the connection, in order with its events; here is only what will not come there. */
  #finish(operation: ControlOperation, result: ControlResult | undefined): void {
    if ('unsubscribe' in operation) {
      this.#carried.delete(operation.unsubscribe)
      return
    }
    if (result?.status !== 'refused') return
    const problem = fromProblem(result.problem)
    // Overtaken by a newer request for the same topic, whose answer counts.
    if (!problem || problem.code === 'conflict') return
    const { topics } = this.#deps
    if ('snapshot' in operation) {
      topics.get(operation.snapshot)?.onSnapshotFailed(problem)
      return
    }
    this.#carried.delete(operation.subscribe)
    topics.get(operation.subscribe)?.onFailed(problem)
  }

  /** Nobody knows what the server has done of it: everything is asked for again, which does no harm. */
  #failed(problem: TidingsError, operations: readonly ControlOperation[]): void {
    const { topics, options } = this.#deps
    const isDenied = problem.status === 401
    const isRefused = isDenied ? this.#wasDenied || !options.canRenewHeaders : isFatal(problem)
    if (isRefused && problem.code !== 'gone') {
      this.#deps.refuse(problem)
      return
    }
    // It is gone; or one that came twice on its way, say, is a conflict: another connection may do better.
    if (!isDenied && !isRetryable(problem)) {
      this.#deps.abandon(problem)
      return
    }
    if (isMistake(problem)) report({ options }, problem)
    this.#wasDenied = isDenied
    this.#mustReauthorize = true
    for (const operation of operations) {
      if ('unsubscribe' in operation) continue
      const key = 'subscribe' in operation ? operation.subscribe : operation.snapshot
      topics.get(key)?.onLost()
    }
    const isLate = problem.code === 'timeout' && !isReceived(problem)
    const isHasty = isLate && this.#timeoutMs < options.timeoutMs
    if (isLate) this.#timeouts += 1
    const delay = isDenied || isHasty ? 0 : backoffMs(options.reconnect, this.#failures, problem.retryAfterMs)
    this.#failures += 1
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.sync()
    }, delay)
  }
}
