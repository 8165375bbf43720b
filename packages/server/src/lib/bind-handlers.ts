import { TidingsError } from '@tidings/core'
import type { CompiledChannel, CompiledCommand, CompiledGroup, CompiledStream } from '@tidings/core/wire'
import { runWithDeadline } from './deadline.js'
import { type Publish, topicEmitter, type UntypedTopicEmitter } from './emitter.js'
import { type Delivery, type HistoryBounds, type HistoryOptions, resolveHistory } from './history.js'
import { rejected } from './ignorable.js'
import type { ChannelSettings } from './log/topic-ref.js'
import type { RunBehind } from './middleware/compose.js'
import type { ProcedureInfo } from './middleware/middleware.js'
import { atLeast, invalidOptions, kindOf, requireFunction, requireKnownKeys } from './validate-options.js'

/** The handler of a command or stream, without its types. */
type Handler = (request: object) => unknown

/** A channel with its handlers. */
export interface ChannelImplementation extends ChannelSettings {
  readonly kind: 'channel'
  readonly compiled: CompiledChannel
  authorize(request: { params: unknown; context: unknown }): unknown
  readonly runBehind: RunBehind | undefined
  /** The maximum length of a topic's key. */
  readonly maxKeyBytes: number
}

/** A command with its handler. */
export interface CommandImplementation {
  readonly kind: 'command'
  readonly compiled: CompiledCommand
  readonly handler: Handler
  readonly runBehind: RunBehind | undefined
  /** Milliseconds the response to a command with an idempotency key is kept. */
  readonly idempotencyMs: number
}

/** What a stream brings to each of its runs. */
export interface RunSettings {
  /** Whether a caller may attach to a run. Any result but true is a refusal. */
  authorize(request: { context: unknown; startedBy: string | undefined }): unknown
  /** Milliseconds a run continues after its last reader was lost. */
  readonly lingerMs: number
  /** Milliseconds a run stays readable after its end. */
  readonly keepMs: number
  /** How long its log may become, in characters. */
  readonly maxBytes: number
}

/** A stream with its handler. */
export interface StreamImplementation {
  readonly kind: 'stream'
  readonly compiled: CompiledStream
  readonly handler: Handler
  readonly runBehind: RunBehind | undefined
  readonly runs: RunSettings
}

export type Implementation = ChannelImplementation | CommandImplementation | StreamImplementation

/** A channel's handlers without their types. */
interface UntypedChannelHandler {
  readonly authorize?: (request: { params: unknown; context: unknown }) => unknown
  readonly snapshot?: (request: { params: unknown; signal: AbortSignal }) => unknown
  readonly source?: (request: { params: unknown; emit: UntypedTopicEmitter; signal: AbortSignal }) => unknown
  readonly history?: HistoryOptions
  readonly delivery?: Delivery
}

export interface BindingDeps {
  readonly history: HistoryBounds
  readonly snapshotMs: number
  readonly idempotencyMs: number
  readonly maxTopicKeyBytes: number
  readonly publish: Publish
  principal(context: unknown): string | undefined
  /** Returns how a procedure runs behind its middleware; undefined without any. */
  readonly middlewareOf: (procedure: ProcedureInfo) => RunBehind | undefined
}

/**
 * Returns the procedures of a contract with their handlers, by path.
 *
 * @throws TidingsError `invalid_options` for a handler that is missing, unknown or malformed
 */
export function bindHandlers(
  group: CompiledGroup,
  handlers: unknown,
  deps: BindingDeps,
): ReadonlyMap<string, Implementation> {
  const bound = new Map<string, Implementation>()
  bindGroup(group, handlers, 'handlers')
  return bound

  function bindGroup(members: CompiledGroup, given: unknown, at: string): void {
    if (typeof given !== 'object' || given === null) {
      throw invalidOptions(
        `${at} is ${kindOf(given)}. Give an object with the handlers of ${listOf(members)}`,
      )
    }
    for (const name of Object.keys(given)) {
      if (members.members.has(name)) continue
      throw invalidOptions(
        `${at}.${name} does not match a procedure or group of the contract. Expected one of ${listOf(members)}`,
      )
    }
    for (const [name, member] of members.members) {
      const handler: unknown = Object.hasOwn(given, name)
        ? (given as Record<string, unknown>)[name]
        : undefined
      const here = `${at}.${name}`
      if (member.kind === 'group') bindGroup(member, handler ?? {}, here)
      else if (member.kind === 'channel') bound.set(member.path, bindChannel(member, handler, deps, here))
      else if (member.kind === 'command') bound.set(member.path, bindCommand(member, handler, deps, here))
      else bound.set(member.path, bindStream(member, handler, deps, here))
    }
  }
}

/** Returns a channel of the contract with its handlers. */
export function channelOf(
  procedures: ReadonlyMap<string, Implementation>,
  { path }: CompiledChannel,
): ChannelImplementation {
  const procedure = procedures.get(path)
  if (procedure?.kind !== 'channel') throw new TypeError(`"${path}" is not a channel of the contract`)
  return procedure
}

/** @throws TidingsError `invalid_options` if the handler is not a function */
function requireHandler({ kind }: CompiledCommand | CompiledStream, given: unknown, at: string): Handler {
  if (typeof given === 'function') return given as Handler
  throw invalidOptions(`${at} is ${kindOf(given)}. The ${kind} needs a handler function`)
}

function bindCommand(
  compiled: CompiledCommand,
  given: unknown,
  deps: BindingDeps,
  at: string,
): CommandImplementation {
  const bound = { kind: 'command', compiled, runBehind: deps.middlewareOf(compiled) } as const
  if (typeof given !== 'object' || given === null) {
    return { ...bound, handler: requireHandler(compiled, given, at), idempotencyMs: deps.idempotencyMs }
  }
  requireKnownKeys(at, given, ['run', 'idempotencyMs'])
  const { run, idempotencyMs }: { run?: unknown; idempotencyMs?: number } = given
  return {
    ...bound,
    handler: requireHandler(compiled, run, `${at}.run`),
    idempotencyMs: atLeast(`${at}.idempotencyMs`, idempotencyMs, deps.idempotencyMs, 0),
  }
}

interface UntypedStreamSettings extends Partial<Omit<RunSettings, 'authorize'>> {
  readonly run?: unknown
  readonly authorize?: RunSettings['authorize']
}

function bindStream(
  compiled: CompiledStream,
  given: unknown,
  deps: BindingDeps,
  at: string,
): StreamImplementation {
  const isObject = typeof given === 'object' && given !== null
  if (isObject) requireKnownKeys(at, given, ['run', 'authorize', 'lingerMs', 'keepMs', 'maxBytes'])
  const settings: UntypedStreamSettings = isObject ? given : { run: given }
  requireFunction(`${at}.authorize`, settings.authorize)
  const isStarter: RunSettings['authorize'] = ({ context, startedBy }) =>
    startedBy === undefined || deps.principal(context) === startedBy
  const { authorize = isStarter } = settings
  return {
    kind: 'stream',
    compiled,
    handler: requireHandler(compiled, settings.run, isObject ? `${at}.run` : at),
    runBehind: deps.middlewareOf(compiled),
    runs: {
      authorize: (request) => authorize(request),
      lingerMs: atLeast(`${at}.lingerMs`, settings.lingerMs, 5_000, 0),
      keepMs: atLeast(`${at}.keepMs`, settings.keepMs, 60_000, 0),
      maxBytes: atLeast(`${at}.maxBytes`, settings.maxBytes, 4 * 1024 * 1024, 1),
    },
  }
}

function bindChannel(
  compiled: CompiledChannel,
  given: unknown,
  deps: BindingDeps,
  at: string,
): ChannelImplementation {
  if (given !== undefined)
    requireKnownKeys(at, given, ['authorize', 'snapshot', 'source', 'history', 'delivery'])
  const handler: UntypedChannelHandler = given ?? {}
  for (const name of ['authorize', 'snapshot', 'source'] as const) {
    requireFunction(`${at}.${name}`, handler[name])
  }
  const { delivery = 'every' } = handler
  if (delivery !== 'every' && delivery !== 'latest') {
    throw invalidOptions(`${at}.delivery is ${JSON.stringify(delivery)}. Give 'every' or 'latest'`)
  }
  if (compiled.snapshot && !handler.snapshot) {
    throw invalidOptions(
      `${at}.snapshot is missing. The contract declares a snapshot: give a function that loads it`,
    )
  }
  if (!compiled.snapshot && handler.snapshot) {
    throw invalidOptions(`${at}.snapshot has no schema. Declare the channel's snapshot in the contract`)
  }
  return {
    kind: 'channel',
    compiled,
    maxKeyBytes: deps.maxTopicKeyBytes,
    // Any result but true is a refusal: an `authorize` without a return statement gives undefined.
    authorize: (request) => (handler.authorize ? handler.authorize(request) : true),
    runBehind: deps.middlewareOf(compiled),
    history: resolveHistory(handler.history, deps.history, `${at}.history`),
    delivery,
    loadSnapshot: snapshotLoader(compiled, handler, deps),
    runSource: sourceRunner(compiled, handler, deps),
  }
}

function snapshotLoader(
  { snapshot: state, path }: CompiledChannel,
  handler: UntypedChannelHandler,
  { snapshotMs }: BindingDeps,
): ChannelSettings['loadSnapshot'] {
  if (!state) return undefined
  return async ({ key, params }) => {
    const loaded = await runWithDeadline(snapshotMs, `The snapshot of ${key}`, async (signal) =>
      handler.snapshot?.({ params, signal }),
    )
    return state.encode(loaded, `the snapshot of ${path}`)
  }
}

function sourceRunner(
  channel: CompiledChannel,
  handler: UntypedChannelHandler,
  { publish }: BindingDeps,
): ChannelSettings['runSource'] {
  if (!handler.source) return undefined
  return async (topic, signal) => {
    const emit = topicEmitter(channel, topic, (_, event, body) => {
      // A stopped source that still emits must not do so beside the next one.
      return signal.aborted ? rejected(sourceStopped(topic.key, signal)) : publish(topic, event, body)
    })
    await handler.source?.({ params: topic.params, emit, signal })
  }
}

function sourceStopped(key: string, { reason }: AbortSignal): TidingsError {
  const message = `The source of ${key} was stopped and can no longer emit`
  return new TidingsError({ code: 'aborted', message, cause: reason })
}

function listOf(group: CompiledGroup): string {
  return [...group.members.keys()].join(', ') || 'nothing'
}
