import { TidingsError } from '@tidings/core'
import { maxTimerMs } from '@tidings/core/wire'
import type { Bus } from './bus/bus.js'
import type { DescribeOptions } from './describe-options.js'
import { defaultHistory, type HistoryBounds, resolveHistory } from './history.js'
import { type ConnectionLimit, type ConnectionLimits, guarded, type Hooks, hookNames } from './hooks.js'
import type { AllowedOrigins } from './http/origin.js'
import type { Inspector } from './inspection/inspector.js'
import type { TopicLimits } from './log/topic-limits.js'
import type { ContextRequest, CorsOptions, ErrorPlace, LimitOptions, ServerOptions } from './options.js'
import { requirePrincipal } from './principal.js'
import { describeOf } from './resolve-describe.js'
import type { RunLimits } from './run-limits.js'
import { defaultTopicKeyBytes } from './topic-key.js'
import type { Tracing } from './tracing.js'
import { atLeast, invalidOptions, kindOf, requireFunction, requireKnownKeys } from './validate-options.js'

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
  readonly topicLimits: TopicLimits
  readonly runLimits: RunLimits
  readonly idempotencyMs: number
  readonly subscriptionsPerConnection: number
  readonly maxTopicKeyBytes: number
  readonly maxBodyBytes: number
  readonly allowedOrigins: AllowedOrigins
  /** How the contract is described; `undefined` if it is not. */
  readonly describe: Required<DescribeOptions<Context>> | undefined
  readonly hooks: Hooks
  readonly tracing: Tracing | undefined
  readonly inspector: Inspector | undefined
  readonly onError: (error: unknown, at: ErrorPlace) => void
}

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
  'describe',
  'hooks',
  'tracing',
  'inspector',
  'onError',
] as const satisfies readonly (keyof ServerOptions<unknown>)[]

const limitNames = [
  'connections',
  'connectionsPerAddress',
  'connectionsPerPrincipal',
  'subscriptionsPerConnection',
  'topics',
  'topicsPerAddress',
  'topicsPerPrincipal',
  'sources',
  'runs',
  'runsPerAddress',
  'runsPerPrincipal',
  'runBytes',
  'topicKeyBytes',
  'bodyBytes',
] as const satisfies readonly (keyof LimitOptions)[]

/** Fills in the defaults. @throws TidingsError `invalid_options` for a number that is out of range */
export function resolveOptions<Context>(options: ServerOptions<Context>): ResolvedOptions<Context> {
  const { limits = {}, hooks = {} } = options
  requireKnownKeys('options', options, optionNames)
  requireKnownKeys('limits', limits, limitNames)
  requireKnownKeys('hooks', hooks, hookNames)
  for (const name of ['context', 'principal', 'onError'] as const) requireFunction(name, options[name])
  for (const name of hookNames) requireFunction(`hooks.${name}`, hooks[name])
  const onError = guardedOnError(options)
  const tracing = tracingOf(options.tracing)
  return {
    // Without `context` in the options, the type of Context is inferred to be undefined.
    context: (request) => options.context?.(request) as Context | Promise<Context>,
    principal: (context) => requirePrincipal(options.principal?.(context)),
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
    topicLimits: {
      topics: limitOf('topics', limits.topics, 100_000),
      topicsPerAddress: limitOf('topicsPerAddress', limits.topicsPerAddress),
      topicsPerPrincipal: limitOf('topicsPerPrincipal', limits.topicsPerPrincipal, 5_000),
      sources: limitOf('sources', limits.sources, 10_000),
    },
    runLimits: {
      runs: limitOf('runs', limits.runs, 10_000),
      runsPerAddress: limitOf('runsPerAddress', limits.runsPerAddress),
      runsPerPrincipal: limitOf('runsPerPrincipal', limits.runsPerPrincipal, 100),
      runBytes: limitOf('runBytes', limits.runBytes, 256 * 1024 * 1024),
    },
    idempotencyMs: atLeast('idempotencyMs', options.idempotencyMs, 300_000, 0),
    subscriptionsPerConnection: atLeast(
      'limits.subscriptionsPerConnection',
      limits.subscriptionsPerConnection,
      1_000,
      1,
    ),
    maxTopicKeyBytes: atLeast('limits.topicKeyBytes', limits.topicKeyBytes, defaultTopicKeyBytes, 1),
    allowedOrigins: originsOf(options.cors),
    maxBodyBytes: atLeast('limits.bodyBytes', limits.bodyBytes, 1024 * 1024, 0),
    describe: describeOf(options.describe),
    hooks: guarded(hooks, (error, hook) => onError(error, { place: `hooks.${hook}` })),
    tracing,
    inspector: inspectorOf(options.inspector as Inspector | undefined),
    onError: tracing
      ? (error, at) => {
          tracing.recordError(error, at.place)
          onError(error, at)
        }
      : onError,
  }
}

/** Wraps the option `onError` so that its own errors do not end the process. */
export function guardedOnError(
  options: Pick<ServerOptions<never>, 'onError'>,
): (error: unknown, at: ErrorPlace) => void {
  return (error, at) => {
    ;(async () => options.onError?.(error, at))().catch(() => {})
  }
}

/** @throws TidingsError `invalid_options` for a value that is not a bus */
function busOf(bus: Bus | undefined): Bus | undefined {
  if (bus === undefined || typeof bus?.append === 'function') return bus
  throw invalidOptions(`bus is ${kindOf(bus)}. Give the result of redisBus({ url })`)
}

/** @throws TidingsError `invalid_options` for a value that is not a tracing */
export function tracingOf(tracing: Tracing | undefined, maker?: string): Tracing | undefined {
  if (tracing === undefined || typeof tracing?.emit === 'function') return tracing
  throw invalidOptions(
    `tracing is ${kindOf(tracing)}. Give the result of tracing() of @tidings/server/tracing`,
    maker,
  )
}

/** @throws TidingsError `invalid_options` for a value that is not an inspector */
function inspectorOf(inspector: Inspector | undefined): Inspector | undefined {
  if (inspector === undefined || typeof inspector?.handle === 'function') return inspector
  throw invalidOptions(
    `inspector is ${kindOf(inspector)}. Give the result of inspector() of @tidings/inspector`,
  )
}

/** @throws TidingsError `invalid_options` for a value that is not a list of origins */
function originsOf(cors: CorsOptions | undefined): AllowedOrigins {
  if (cors === undefined) return { any: false, listed: new Set() }
  requireKnownKeys('cors', cors, ['origins'])
  if (!Array.isArray(cors.origins)) {
    throw invalidOptions(`cors.origins is ${kindOf(cors.origins)}. Give a list: ['https://app.example.org']`)
  }
  for (const origin of cors.origins) {
    if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) continue
    throw invalidOptions(
      `cors.origins has ${JSON.stringify(origin)}, which is not an origin. Give scheme, host and port as a browser sends them: 'https://app.example.org'`,
    )
  }
  return { any: cors.origins.includes('*'), listed: new Set(cors.origins) }
}

/** Returns the time to drain. @throws TidingsError `invalid_options` for a number that is out of range */
export function resolveDrainMs(given = 5_000): number {
  if (typeof given === 'number' && given >= 0 && given <= maxTimerMs) return given
  const message = `close: drainMs is ${String(given)}. Give a number from 0 to ${maxTimerMs}`
  throw new TidingsError({ code: 'invalid_options', message })
}

function limitOf(
  name: ConnectionLimit | keyof TopicLimits | keyof RunLimits,
  given: number | undefined,
  byDefault = Number.POSITIVE_INFINITY,
): number {
  return atLeast(`limits.${name}`, given, byDefault, 1)
}

function timeOf(name: string, given: number | undefined, byDefault: number, least: number): number {
  const ms = atLeast(name, given, byDefault, least)
  if (ms <= maxTimerMs) return ms
  throw invalidOptions(`${name} is ${ms}. Give ${maxTimerMs} or less, which is 24 days`)
}
