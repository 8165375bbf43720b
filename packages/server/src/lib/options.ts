import { TidingsError } from '@tidings/core'
import type { TidingsRequest } from './http.js'
import type { HistoryBounds } from './log.js'

/** How much the log of a topic keeps for subscribers that come back or read slowly. */
export interface HistoryOptions {
  /**
   * How many events are kept.
   *
   * A cursor older than the log is answered with a `gap` and, where the channel has one, a fresh snapshot. Raise it
   * for channels without a snapshot; 0 keeps none, so every reconnect that missed something is a gap.
   *
   * Defaults to 256 events a topic.
   */
  size?: number
  /**
   * For how long an event is kept, in milliseconds. A topic nobody uses for longer is forgotten.
   *
   * Defaults to 120,000: two minutes.
   */
  ms?: number
}

/** Bounds on what a client may ask for. */
export interface LimitOptions {
  /**
   * How long a request's body may be, in bytes. A longer one is answered with 413 `payload_too_large`.
   *
   * Defaults to 1,048,576: 1 MiB.
   */
  bodyBytes?: number
}

/** What `context` is told about a request. */
export type ContextRequest = Pick<TidingsRequest, 'headers' | 'method' | 'path' | 'query' | 'address'>

/** Where an error came from. */
export interface ErrorPlace {
  /** The procedure's path in the contract, or the key of a topic: `send`, `room?roomId=lobby`. */
  readonly place: string
}

/** The options of a server. All of them can be left out. */
export interface ServerOptions<Context> {
  /**
   * What handlers know about who asks. Called once a request; what it returns is their `context`.
   *
   * Throw a `TidingsError` with `unauthorized` to refuse the request.
   */
  context?(request: ContextRequest): Context | Promise<Context>
  history?: HistoryOptions
  /**
   * After how many milliseconds of silence a connection is shown to be alive, with a comment line.
   *
   * Proxies cut what is silent for longer than their own timeout, which is often 60 s. Defaults to 15,000.
   */
  heartbeatMs?: number
  limits?: LimitOptions
  /**
   * Told what a handler threw that is no answer of its own, and what did not fit its schema. Clients see such an error
   * only as `internal`, and nothing is printed: without `onError` it is lost.
   */
  onError?(error: unknown, at: ErrorPlace): void
}

/** The options with their defaults filled in. */
export interface ResolvedOptions<Context> {
  readonly context: (request: ContextRequest) => Context | Promise<Context>
  readonly history: HistoryBounds
  readonly heartbeatMs: number
  readonly maxBodyBytes: number
  readonly onError: (error: unknown, at: ErrorPlace) => void
}

/** The longest a timer can be set to: beyond, it fires at once. */
const maxTimerMs = 2 ** 31 - 1

const defaultHistory: HistoryBounds = { size: 256, ms: 120_000 }

/** Fills in the defaults. @throws TidingsError `invalid_options` for a number that is out of range */
export function resolveOptions<Context>(options: ServerOptions<Context>): ResolvedOptions<Context> {
  const { context, history, heartbeatMs = 15_000, limits = {}, onError } = options
  const { bodyBytes = 1024 * 1024 } = limits
  requireAtLeast(heartbeatMs, 1, 'heartbeatMs')
  if (heartbeatMs > maxTimerMs) {
    const message = `createServer: heartbeatMs is ${heartbeatMs}. Give ${maxTimerMs} or less, which is 24 days`
    throw new TidingsError({ code: 'invalid_options', message })
  }
  requireAtLeast(bodyBytes, 0, 'limits.bodyBytes')
  return {
    // Without `context` in the options, the type of Context is inferred to be undefined.
    context: context ? (request) => context(request) : () => undefined as Context,
    history: resolveHistory(history, defaultHistory, 'history'),
    heartbeatMs,
    maxBodyBytes: bodyBytes,
    // Who reports errors must not end the process with one of its own, thrown or rejected.
    onError: (error, at) => {
      ;(async () => onError?.(error, at))().catch(() => {})
    },
  }
}

/** Fills in what a history leaves out. @throws TidingsError `invalid_options` for a number that is out of range */
export function resolveHistory(
  history: HistoryOptions | undefined,
  defaults: HistoryBounds,
  name: string,
): HistoryBounds {
  const { size = defaults.size, ms = defaults.ms } = history ?? {}
  requireAtLeast(size, 0, `${name}.size`)
  requireAtLeast(ms, 0, `${name}.ms`)
  return { size, ms }
}

function requireAtLeast(value: number, least: number, name: string): void {
  if (typeof value === 'number' && value >= least) return
  const message = `createServer: ${name} is ${String(value)}. Give a number of ${least} or more`
  throw new TidingsError({ code: 'invalid_options', message })
}
