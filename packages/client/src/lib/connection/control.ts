import type { TidingsError } from '@tidings/core'
import {
  backoffMs,
  type ControlRequest,
  type ControlResult,
  decodeControlResponse,
  fromProblem,
  isReceived,
  type SubscriptionOperation,
} from '@tidings/core/wire'
import type { ResolvedOptions } from '../options/resolved-options.js'
import { report } from '../reporting.js'
import { isFatal, isMistake, isRetryable, requestFailure } from './failures.js'
import { postJson } from './request.js'

/** The most operations of one request, and about the most characters, unless a single operation is longer. */
const max = { operations: 1_000, length: 100_000 }

/**
 * Milliseconds the first request may take. Each one after a timeout may take twice as long. After a silent
 * loss of the network, a request may be sent on a kept-alive connection that is dead, while the next uses a
 * new one.
 */
const firstTimeoutMs = 4_000

/** A topic of a transport. */
export interface TransportTopic {
  /** What has to be requested from the server. */
  readonly needed: TopicOperation['type'] | undefined
  /** Whether the topic's request has succeeded or failed for now, so that nothing is left to wait for. */
  readonly isSettled: boolean
  /**
   * Returns the operation that the topic needs, if any. The topic counts as requested then.
   *
   * @param sequence the number of the control request, which `$subscribed` repeats
   */
  takeRequest(sequence?: number): TopicOperation | undefined
  /** Called when the connection, or the response to a request, was lost. */
  onLost(): void
  /**
   * Called when the server refused the topic, perhaps temporarily.
   *
   * @param seq the refused position of a run, which by default is that of the topic's last request
   */
  onRefused(problem: TidingsError, seq?: number): void
  /** Called when the server refused the requested snapshot, perhaps temporarily. */
  onSnapshotRefused(problem: TidingsError): void
}

/** An operation that requests a topic from a position, its snapshot as of a position or later, or that a run pauses. */
export interface TopicOperation {
  readonly type: 'subscribe' | 'snapshot' | 'pause'
  readonly cursor: string | undefined
}

/**
 * Why a topic is released: its subscribers have left it, the tab that read a run has vanished, or the run has ended,
 * which the server knows already.
 */
export type ReleaseReason = 'left' | 'lost' | 'ended'

export interface ControlDeps {
  readonly options: ResolvedOptions
  /** The topics that the connection should carry, by key. */
  readonly topics: ReadonlyMap<string, TransportTopic>
}

export interface ControlCallbacks {
  /** Called after each response. */
  onResponse(): void
  /** Called when the connection cannot be controlled any more. */
  onUncontrollable(problem: TidingsError): void
  /** Called when the server would not let any other connection be controlled either. */
  onControlRefused(problem: TidingsError): void
}

/**
 * Requests the difference between the topics that an open connection carries and those that it should carry.
 * Changes within a turn of the event loop, or while a request is in progress, go into one request.
 */
export class Control {
  /** The id of the connection. */
  readonly id: string
  readonly #deps: ControlDeps
  readonly #callbacks: ControlCallbacks
  /** The topics that the connection carries, or that were requested. */
  readonly #carried = new Set<string>()
  /** The runs among them whose reader vanished. */
  readonly #lost = new Set<string>()
  readonly #closing = new AbortController()
  #isScheduled = false
  #isBusy = false
  #mustReauthorize = false
  #wasDenied = false
  /**
   * Numbers the requests of this connection, so that the server does not execute an abandoned one after a
   * newer one.
   */
  #sequence = 0
  #failures = 0
  /** Requests in a row that timed out. */
  #timeouts = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(id: string, deps: ControlDeps, callbacks: ControlCallbacks) {
    this.id = id
    this.#deps = deps
    this.#callbacks = callbacks
    this.sync()
  }

  get #timeoutMs(): number {
    return Math.min(firstTimeoutMs * 2 ** this.#timeouts, this.#deps.options.timeoutMs)
  }

  /** The connection has ended. */
  close(): void {
    this.#closing.abort()
    clearTimeout(this.#retry)
  }

  /** Records a run that its start subscribed to, and leaves it again if it is not wanted any more. */
  onSubscribed(key: string): void {
    this.#carried.add(key)
    this.sync()
  }

  onReleased(key: string, reason: ReleaseReason): void {
    if (reason === 'ended') this.#carried.delete(key)
    if (reason === 'lost') this.#lost.add(key)
  }

  /** Authenticates again, with a request that may have no operations. */
  reauthorize(): void {
    this.#mustReauthorize = true
    this.sync()
  }

  /** Requests the difference at the end of this turn. */
  sync(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      if (!this.#isClosed && !this.#isBusy && this.#retry === undefined) void this.#run()
    })
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  async #run(): Promise<void> {
    const operations = this.#difference()
    if (operations.length === 0 && !this.#mustReauthorize) return
    this.#isBusy = true
    this.#mustReauthorize = false
    try {
      const results = await this.#send(operations)
      if (this.#isClosed) return
      this.#isBusy = false
      this.#failures = 0
      this.#timeouts = 0
      this.#wasDenied = false
      operations.forEach((operation, index) => {
        this.#finish(operation, results[index])
      })
      this.#callbacks.onResponse()
      this.sync()
    } catch (error) {
      if (this.#isClosed) return
      this.#isBusy = false
      this.#retryLater(requestFailure(error, 'The control request', undefined), operations)
    }
  }

  #difference(): SubscriptionOperation[] {
    const { topics } = this.#deps
    const operations: SubscriptionOperation[] = []
    let length = 0
    const hasRoom = (key: string) => {
      length += key.length + 100
      return operations.length === 0 || (operations.length < max.operations && length < max.length)
    }
    for (const key of this.#carried) {
      if (topics.has(key)) continue
      if (!hasRoom(key)) return operations
      operations.push(this.#lost.has(key) ? { unsubscribe: key, lost: true } : { unsubscribe: key })
    }
    for (const [key, topic] of topics) {
      if (!topic.needed) continue
      if (!hasRoom(key)) return operations
      const request = topic.takeRequest(this.#sequence + 1)
      if (request?.type === 'snapshot') operations.push({ snapshot: key })
      if (request?.type === 'pause') operations.push({ pause: key })
      if (request?.type !== 'subscribe') continue
      this.#carried.add(key)
      this.#lost.delete(key)
      const { cursor } = request
      operations.push(cursor === undefined ? { subscribe: key } : { subscribe: key, cursor })
    }
    return operations
  }

  async #send(operations: readonly SubscriptionOperation[]): Promise<readonly ControlResult[]> {
    this.#sequence += 1
    const request: ControlRequest = { sequence: this.#sequence, operations }
    const { text } = await postJson(
      this.#deps.options,
      `$connections/${encodeURIComponent(this.id)}`,
      request,
      {
        signal: this.#closing.signal,
        timeoutMs: this.#timeoutMs,
      },
    )
    return decodeControlResponse(text, request).results
  }

  /** Handles refusals. Success is signalled on the connection, in order with its events: see decision 008. */
  #finish(operation: SubscriptionOperation, result: ControlResult | undefined): void {
    if ('unsubscribe' in operation) {
      this.#carried.delete(operation.unsubscribe)
      this.#lost.delete(operation.unsubscribe)
      return
    }
    // A run that cannot be paused has ended, or ends otherwise.
    if (result?.status !== 'refused' || 'pause' in operation) return
    const problem = fromProblem(result.problem)
    // A newer request for the same topic was executed before.
    if (!problem || problem.code === 'conflict') return
    const { topics } = this.#deps
    if ('snapshot' in operation) {
      topics.get(operation.snapshot)?.onSnapshotRefused(problem)
      return
    }
    this.#carried.delete(operation.subscribe)
    topics.get(operation.subscribe)?.onRefused(problem)
  }

  /** Requests everything again, since the server may or may not have executed the operations. */
  #retryLater(problem: TidingsError, operations: readonly SubscriptionOperation[]): void {
    const { topics, options } = this.#deps
    const isDenied = problem.status === 401
    const isRefused = isDenied ? this.#wasDenied || !options.canRenewHeaders : isFatal(problem)
    if (isRefused && problem.code !== 'gone') {
      this.#callbacks.onControlRefused(problem)
      return
    }
    // The connection is gone, or a request that a proxy repeated is a conflict.
    if (!isDenied && !isRetryable(problem)) {
      this.#callbacks.onUncontrollable(problem)
      return
    }
    if (isMistake(problem)) report({ options }, problem)
    this.#wasDenied = isDenied
    this.#mustReauthorize = true
    for (const operation of operations) {
      if ('unsubscribe' in operation) continue
      const [key = ''] = Object.values(operation)
      topics.get(key)?.onLost()
    }
    const isTimeout = problem.code === 'timeout' && !isReceived(problem)
    const isFast = isTimeout && this.#timeoutMs < options.timeoutMs
    if (isTimeout) this.#timeouts += 1
    const delay = isDenied || isFast ? 0 : backoffMs(options.reconnect, this.#failures, problem.retryAfterMs)
    this.#failures += 1
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.sync()
    }, delay)
  }
}
