import { TidingsError } from '@tidings/core'
import { maxTimerMs } from '@tidings/core/wire'
import type { ConnectionLimits } from './admission.js'
import type { Bus } from './bus.js'
import { type ConnectionLimit, guarded, type Hooks, hookNames } from './hooks.js'
import type { TidingsRequest } from './http.js'
import type { HistoryBounds } from './log.js'
import { kindOf, mistake, requireFunction, requireKnown } from './mistake.js'
import type { AllowedOrigins } from './origin.js'

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

/** Bounds on what clients may ask for. */
export interface LimitOptions {
  /**
   * How many connections may be open in all, shared ones and those of single topics. One too many is answered with 503 `unavailable` and `Retry-After`.
   *
   * Defaults to no limit but the process' own: each takes a file descriptor.
   */
  connections?: number
  /**
   * How many connections one address may have open. One too many is answered with 429 `too_many_requests` and
   * `Retry-After`.
   *
   * Behind a proxy, everyone comes from its address until the framework is told otherwise: in Express, with
   * `app.set('trust proxy', …)`. Hence there is no limit by default.
   */
  connectionsPerAddress?: number
  /**
   * How many connections one principal may have open; see `principal`. One too many is answered with 429
   * `too_many_requests` and `Retry-After`.
   *
   * Defaults to no limit.
   */
  connectionsPerPrincipal?: number
  /**
   * How many topics a shared connection may carry at once. One too many is refused with `too_many_requests`, alone.
   *
   * A client may subscribe, or ask for a snapshot, as often as twice that at once, and a tenth of it each second after that, so that one that
   * does so in a loop cannot fill the memory with topics it has left.
   *
   * Defaults to 1,000.
   */
  subscriptionsPerConnection?: number
  /**
   * How long a request's body may be, in bytes. A longer one is answered with 413 `payload_too_large`.
   *
   * Defaults to 1,048,576: 1 MiB.
   */
  bodyBytes?: number
}

/** Who may use the server from a page of another origin. */
export interface CorsOptions {
  /**
   * The origins of pages that may, with cookies and with tokens: `['https://app.example.org']`. `'*'` stands for any
   * other origin, without cookies.
   */
  origins: readonly string[]
}

/** What `context` is told about a request. */
export type ContextRequest = Pick<TidingsRequest, 'headers' | 'method' | 'path' | 'query' | 'address'>

/** Where an error came from. */
export interface ErrorPlace {
  /** The procedure's path in the contract, the key of a topic, or a hook: `send`, `room?roomId=lobby`, `hooks.gap`. */
  readonly place: string
}

/** The options of a server. All of them can be left out. */
export interface ServerOptions<Context> {
  /**
   * What handlers know about who asks. Called once a request; what it returns is their `context`.
   *
   * If that has an `expiresAt` (a `Date`, or milliseconds since the epoch), a connection lasts no longer than that: 30 s
   * before, or half of its life, a client with a shared connection is asked to prove itself anew, which interrupts
   * nothing; a single topic's own ends, and its client comes back. A request that comes later is refused.
   *
   * Throw a `TidingsError` with `unauthorized` to refuse the request.
   */
  context?(request: ContextRequest): Context | Promise<Context>
  /**
   * Whose a request is: an account's id, say. `undefined` for one who is not known. Write it after `context`, whose type
   * it is given.
   *
   * Only who opened a shared connection may change what it carries, and only who sent a command is given its answer
   * again; `limits.connectionsPerPrincipal` counts by it, and hooks are told it. Without it, whoever knows a connection's
   * id, which nobody can guess, may change what that carries; what they may subscribe to is asked of themselves.
   */
  principal?(context: Context): string | undefined
  /**
   * What carries events to the other nodes of a service, and back: `redisBus({ url })` of `@tidings/server/redis`.
   *
   * Without one, what is emitted reaches those who are connected to this process.
   */
  bus?: Bus
  history?: HistoryOptions
  /**
   * After how many milliseconds of silence a connection is shown to be alive: with a comment line, or on a
   * shared connection with an event `$heartbeat`.
   *
   * Proxies cut what is silent for longer than their own timeout, which is often 60 s. Defaults to 15,000.
   */
  heartbeatMs?: number
  /**
   * After about how many milliseconds an EventSource is to come back when its connection is lost. Each is told its own
   * time, between half and one and a half of it, so that they do not come back together. Also what those are told who
   * were refused because there are too many.
   *
   * Defaults to 2,000.
   */
  retryMs?: number
  /**
   * For how many milliseconds a client may leave unread what was written to it before its connection is cut. It can
   * come back and resume.
   *
   * A client that reads slowly costs no memory but what its socket holds; one that never reads keeps its socket for
   * good. Defaults to 60,000.
   */
  stallMs?: number
  /**
   * For about how many milliseconds a connection stays open at the most: it ends some time after four fifths of that, and
   * its client comes back and resumes. It is then asked anew who it is, and may reach another server.
   *
   * Defaults to 3,600,000: an hour. `Infinity` sets no bound.
   */
  maxConnectionMs?: number
  /**
   * How long a `snapshot` handler may take, in milliseconds. When it takes longer, `onError` is told, and
   * those who wait for it get `$error` `internal` and come back.
   *
   * Defaults to 10,000.
   */
  snapshotMs?: number
  /**
   * For how many milliseconds a topic's `source` goes on when its last subscriber has left, in case one comes back.
   *
   * Defaults to 5,000.
   */
  lingerMs?: number
  /**
   * For how many milliseconds the answer to a command with an `Idempotency-Key` is remembered, so that one that is sent
   * again, because its answer was lost, is not run again. At most 10,000 answers are, of 64 Mi characters in all, and 1,000
   * of one principal; without `principal`, of one `Authorization` and `Cookie`. Tidings' own client sends a key with
   * every command.
   *
   * Defaults to 300,000: five minutes. 0 remembers it for no longer than the command runs.
   */
  idempotencyMs?: number
  limits?: LimitOptions
  /**
   * Which pages of other origins may use the server from a browser; by default none may, and what they send is refused
   * with 403 `forbidden`.
   *
   * Where middleware in front answers for CORS, list the origins here too: it is what keeps other sites from sending
   * commands in the name of a visitor who has a cookie.
   */
  cors?: CorsOptions
  /** Told who comes, who leaves and why, who misses events, and who is refused: for a log. */
  hooks?: Hooks
  /**
   * Told what a handler, source or hook threw that is no answer of its own, what did not fit its schema, and each emit that
   * the bus has not taken. Clients see such an error only as `internal`, and nothing is printed: without `onError` it is lost.
   */
  onError?(error: unknown, at: ErrorPlace): void
}

/** The options with their defaults filled in. */
export interface ResolvedOptions<Context> {
  readonly context: (request: ContextRequest) => Context | Promise<Context>
  readonly principal: (context: Context) => string | undefined
  readonly bus: Bus | undefined
  readonly history: HistoryBounds
  readonly heartbeatMs: number
  readonly retryMs: number
  readonly stallMs: number
  readonly maxConnectionMs: number
  readonly snapshotMs: number
  readonly lingerMs: number
  readonly connectionLimits: ConnectionLimits
  readonly idempotencyMs: number
  readonly subscriptionsPerConnection: number
  readonly maxBodyBytes: number
  readonly allowedOrigins: AllowedOrigins
  readonly hooks: Hooks
  readonly onError: (error: unknown, at: ErrorPlace) => void
}

export const defaultHistory: HistoryBounds = { size: 256, ms: 120_000 }

const optionNames = [
  'context',
  'principal',
  'bus',
  'history',
  'heartbeatMs',
  'retryMs',
  'stallMs',
  'maxConnectionMs',
  'snapshotMs',
  'lingerMs',
  'idempotencyMs',
  'limits',
  'cors',
  'hooks',
  'onError',
] as const satisfies readonly (keyof ServerOptions<unknown>)[]

const limitNames = [
  'connections',
  'connectionsPerAddress',
  'connectionsPerPrincipal',
  'subscriptionsPerConnection',
  'bodyBytes',
] as const satisfies readonly (keyof LimitOptions)[]

/** Fills in the defaults. @throws TidingsError `invalid_options` for a number that is out of range */
export function resolveOptions<Context>(options: ServerOptions<Context>): ResolvedOptions<Context> {
  const { limits = {}, hooks = {} } = options
  requireKnown('the options', options, optionNames)
  requireKnown('limits', limits, limitNames)
  requireKnown('hooks', hooks, hookNames)
  for (const name of ['context', 'principal', 'onError'] as const) requireFunction(name, options[name])
  for (const name of hookNames) requireFunction(`hooks.${name}`, hooks[name])
  // Who reports errors must not end the process with one of its own, thrown or rejected.
  const onError = (error: unknown, at: ErrorPlace) => {
    ;(async () => options.onError?.(error, at))().catch(() => {})
  }
  return {
    // Without `context` in the options, the type of Context is inferred to be undefined.
    context: (request) => options.context?.(request) as Context | Promise<Context>,
    principal: (context) => options.principal?.(context),
    bus: busOf(options.bus),
    history: resolveHistory(options.history, defaultHistory, 'history'),
    heartbeatMs: timeOf('heartbeatMs', options.heartbeatMs, 15_000, 1),
    retryMs: timeOf('retryMs', options.retryMs, 2_000, 0),
    stallMs: timeOf('stallMs', options.stallMs, 60_000, 1),
    maxConnectionMs: atLeast('maxConnectionMs', options.maxConnectionMs, 3_600_000, 1),
    snapshotMs: timeOf('snapshotMs', options.snapshotMs, 10_000, 1),
    lingerMs: timeOf('lingerMs', options.lingerMs, 5_000, 0),
    connectionLimits: {
      connections: limitOf('connections', limits.connections),
      connectionsPerAddress: limitOf('connectionsPerAddress', limits.connectionsPerAddress),
      connectionsPerPrincipal: limitOf('connectionsPerPrincipal', limits.connectionsPerPrincipal),
    },
    idempotencyMs: atLeast('idempotencyMs', options.idempotencyMs, 300_000, 0),
    subscriptionsPerConnection: atLeast(
      'limits.subscriptionsPerConnection',
      limits.subscriptionsPerConnection,
      1_000,
      1,
    ),
    allowedOrigins: originsOf(options.cors),
    maxBodyBytes: atLeast('limits.bodyBytes', limits.bodyBytes, 1024 * 1024, 0),
    hooks: guarded(hooks, (error, hook) => onError(error, { place: `hooks.${hook}` })),
    onError,
  }
}

/** @throws TidingsError `invalid_options` for what is no bus */
function busOf(bus: Bus | undefined): Bus | undefined {
  if (bus === undefined || typeof bus?.append === 'function') return bus
  throw mistake(`bus is ${kindOf(bus)}. Give what redisBus({ url }) returns`)
}

/** @throws TidingsError `invalid_options` for what is no list of origins */
function originsOf(cors: CorsOptions | undefined): AllowedOrigins {
  if (cors === undefined) return { any: false, listed: new Set() }
  requireKnown('cors', cors, ['origins'])
  if (!Array.isArray(cors.origins)) {
    throw mistake(`cors.origins is ${kindOf(cors.origins)}. Give a list: ['https://app.example.org']`)
  }
  for (const origin of cors.origins) {
    if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) continue
    throw mistake(
      `cors.origins has ${JSON.stringify(origin)}, which is no origin. Give scheme, host and port as a browser writes them: 'https://app.example.org'`,
    )
  }
  return { any: cors.origins.includes('*'), listed: new Set(cors.origins) }
}

/** How long a drain is. @throws TidingsError `invalid_options` for a number that is out of range */
export function resolveDrainMs(given = 5_000): number {
  if (typeof given === 'number' && given >= 0 && given <= maxTimerMs) return given
  const message = `close: drainMs is ${String(given)}. Give a number from 0 to ${maxTimerMs}`
  throw new TidingsError({ code: 'invalid_options', message })
}

/** Fills in what a history leaves out. @throws TidingsError `invalid_options` for a number that is out of range */
export function resolveHistory(
  history: HistoryOptions | undefined,
  defaults: HistoryBounds,
  name: string,
): HistoryBounds {
  if (history !== undefined) requireKnown(name, history, ['size', 'ms'])
  return {
    size: wholeNumber(`${name}.size`, history?.size ?? defaults.size),
    ms: atLeast(`${name}.ms`, history?.ms, defaults.ms, 0),
  }
}

function wholeNumber(name: string, value: number): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 0)) return value
  throw mistake(`${name} is ${String(value)}. Give a whole number of 0 or more, or Infinity`)
}

function limitOf(name: ConnectionLimit, given: number | undefined): number {
  return atLeast(`limits.${name}`, given, Number.POSITIVE_INFINITY, 1)
}

function timeOf(name: string, given: number | undefined, byDefault: number, least: number): number {
  const ms = atLeast(name, given, byDefault, least)
  if (ms <= maxTimerMs) return ms
  throw mistake(`${name} is ${ms}. Give ${maxTimerMs} or less, which is 24 days`)
}

function atLeast(name: string, given: number | undefined, byDefault: number, least: number): number {
  const value = given ?? byDefault
  if (typeof value === 'number' && value >= least) return value
  throw mistake(`${name} is ${String(value)}. Give a number of ${least} or more`)
}
