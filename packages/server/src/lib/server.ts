import type { ContractDefinition } from '@tidings/core'
import { type CompiledChannel, checkContract, compileContract } from '@tidings/core/wire'
import { bindHandlers, channelOf } from './bind-handlers.js'
import { CallTracker } from './calls/call-tracker.js'
import { IdempotencyCache } from './calls/idempotency-cache.js'
import { Admission } from './connections/admission.js'
import type { Connection } from './connections/connection.js'
import { ConnectionIds } from './connections/connection-ids.js'
import { foreignConnectionReporter } from './connections/foreign-connections.js'
import { PresenceChecks } from './connections/presence-checks.js'
import type { SharedConnection } from './connections/shared-connection.js'
import { SharedTokenBuckets } from './connections/shared-token-buckets.js'
import { DuplicateServerCheck } from './duplicate-server-check.js'
import { createEmit } from './emitter.js'
import { ContractDescription } from './endpoints/contract-description.js'
import { handleHealth } from './endpoints/health.js'
import { answerNodeQuery } from './endpoints/node-query.js'
import { route } from './endpoints/router.js'
import type { ServerContext } from './endpoints/server-context.js'
import type { TidingsRequest, TidingsResponse } from './http/adapter.js'
import { Counters } from './http/counters.js'
import { Heartbeat } from './http/heartbeat.js'
import { guardOrigin } from './http/origin.js'
import { toPublicError } from './http/public-error.js'
import { healthPath } from './http/reserved-paths.js'
import { problemResponse } from './http/responses.js'
import { localCalls, localSnapshots } from './local/local.js'
import { TopicRegistry } from './log/topic-registry.js'
import type { ContextOf, ContractOf } from './middleware/app.js'
import { assemble } from './middleware/assemble.js'
import { contentOfApp, optionsOf } from './middleware/implement.js'
import { startMiddleware } from './middleware/start.js'
import type { DefaultContext, HandlersFor, OptionsFor, Subject } from './middleware/subject.js'
import { exclusiveSources, type SourceBody } from './nodes/exclusive-sources.js'
import { newNodeId } from './nodes/node-id.js'
import { NodeRpc } from './nodes/node-rpc.js'
import type { ServerOptions } from './options.js'
import { createPublish, observed } from './publisher.js'
import { reportOnce } from './report-once.js'
import { resolveDrainMs, resolveOptions } from './resolve-options.js'
import { predicateOf } from './revocations/connection-filter.js'
import { RevocationLog } from './revocations/revocation-log.js'
import { Revocations } from './revocations/revocations.js'
import { revoker } from './revocations/revoker.js'
import { Runs } from './runs/runs.js'
import { ServerLife } from './server-life.js'
import { shutDown } from './shutdown.js'
import { statsOf } from './stats.js'
import type { CloseOptions, Tidings } from './tidings.js'
import type { Emit } from './types/emit.js'
import type { Calls, Snapshots } from './types/local.js'

/**
 * Creates the server of a contract, or of an app that `implement` made of one.
 *
 * Handlers have the contract's own shape. A channel's handlers are optional unless the contract declares a
 * snapshot. The parts of an app have the contract's shape too: a part for each member, or an object with the parts of
 * a group's members, or one part for the whole contract.
 *
 * @throws TidingsError `invalid_options` for a handler or part that is missing or unknown, or an option out of range
 */
export function createServer<const Served extends Subject, Given = unknown>(
  served: Served,
  handlers: HandlersFor<Served, undefined, Given>,
): Tidings<ContractOf<Served>, ContextOf<Served, undefined>>
export function createServer<const Served extends Subject, Context = DefaultContext<Served>, Given = unknown>(
  served: Served,
  options: ServerOptions<Context> & OptionsFor<Served>,
  handlers: HandlersFor<Served, Context, Given>,
): Tidings<ContractOf<Served>, ContextOf<Served, Context>>
export function createServer(
  served: Subject,
  ...rest: [handlers: unknown] | [options: ServerOptions<unknown>, handlers: unknown]
): Tidings<ContractDefinition, unknown> {
  const [given, handlers] = rest.length === 2 ? rest : [{}, rest[0]]
  return serverOf(served, given, handlers)
}

/**
 * Creates a server without types.
 *
 * @param onEmitted called with each event that was emitted: the key of its topic, its name and its frame
 */
export function serverOf(
  served: Subject,
  given: ServerOptions<unknown>,
  handlers: unknown,
  onEmitted?: (key: string, event: string, body: string) => void,
): Tidings<ContractDefinition, unknown> {
  const app = contentOfApp(served)
  const contract = app?.contract ?? (served as ContractDefinition)
  // Not redundant: in a bundle built with the condition `browser`, compiling does not check. See decision 010.
  checkContract(contract)
  const compiled = compileContract(contract)
  const options = resolveOptions(app ? optionsOf(app, given) : given)
  const { bus, onError, topicLimits, tracing } = options

  const life = new ServerLife(options.retryMs)
  const nodes =
    bus &&
    new NodeRpc(bus, {
      // A message of the bus has no context, except the one in which its connection was made.
      answer: (request) => (tracing ? tracing.detach(() => answer(request)) : answer(request)),
      answerQuery: (query) => answerNodeQuery(context, query),
    })
  const runOnOneNode =
    bus && nodes
      ? exclusiveSources(bus, nodes.nodeId)
      : async (_key: string, signal: AbortSignal, body: SourceBody) => void body(signal)
  const topics = new TopicRegistry(
    {
      lingerMs: options.lingerMs,
      bus,
      limits: topicLimits,
      tracing,
      retryMs: options.retryMs,
      // A source outlives the request that started it.
      runOnOneNode: tracing ? (...source) => tracing.detach(() => runOnOneNode(...source)) : runOnOneNode,
    },
    { onSourceFailed: (error, topicKey) => onError(error, { place: topicKey }) },
  )
  const duplicates = bus
    ? undefined
    : new DuplicateServerCheck(
        compiled,
        (key) => topics.hasReaders(key),
        (error, key) => onError(error, { place: key }),
      )
  const counters = new Counters()
  const published = createPublish({ bus, topics, counters, duplicates, life, tracing, onError })
  const publish = onEmitted ? observed(published, onEmitted) : published
  const closing = new AbortController()
  const closed = new AbortController()
  const assembled = app && assemble(app, handlers)
  const middlewareOf = startMiddleware(
    assembled?.middleware ?? new Map(),
    { bus, clock: { now: () => Date.now() }, signal: closed.signal, onError },
    options.principal,
  )
  const procedures = bindHandlers(compiled, assembled?.handlers ?? handlers, {
    ...options,
    publish,
    middlewareOf,
  })
  const emit = createEmit(compiled, {
    publish,
    settingsOf: (channel: CompiledChannel) => channelOf(procedures, channel),
    maxKeyBytes: options.maxTopicKeyBytes,
    onError,
  })

  const runs = new Runs({
    writes: topics.writes,
    limits: options.runLimits,
    node: bus &&
      nodes && {
        bus,
        nodeId: nodes.nodeId,
        report: (node, readers) => nodes.notify(node, { readers, from: nodes.nodeId }),
      },
    retryMs: options.retryMs,
    onError,
  })

  const connections = new Set<Connection>()
  const shared = new Map<string, SharedConnection>()
  const connectionIds = new ConnectionIds(() => nodes?.nodeId ?? newNodeId())
  const revocations = new Revocations(connections)
  const revocationLog =
    bus &&
    nodes &&
    new RevocationLog({
      bus,
      nodes,
      revoke: (kind, filter) => revocations.revoke(kind, predicateOf(filter)),
      onLost: () => void revocations.revoke('reauthorize', () => true),
    })
  const report = reportOnce(onError)
  const context: ServerContext = {
    options,
    hooks: options.hooks,
    procedures,
    contract,
    description: new ContractDescription(contract, options.describe?.about),
    emit,
    topics,
    runs,
    runRequest: (stream, id) => runs.request(stream, id),
    writes: topics.writes,
    counters,
    heartbeat: new Heartbeat(Math.min(options.heartbeatMs, options.stallMs, options.maxConnectionMs)),
    admission: new Admission(
      options.connectionLimits,
      options.retryMs,
      bus && nodes && { bus, nodeId: nodes.nodeId },
    ),
    rates: {
      ofPrincipals: new SharedTokenBuckets(2 * topicLimits.topicsPerPrincipal),
      ofAddresses: new SharedTokenBuckets(2 * topicLimits.topicsPerAddress),
    },
    connections,
    shared,
    connectionIds,
    keepsCallers: [...procedures.values()].some(({ kind, runBehind }) => kind === 'channel' && runBehind),
    snapshotBytes: { held: 0 },
    presence: new PresenceChecks({
      shared,
      checkOtherNodes: (principal) => nodes?.notifyAll({ present: principal }),
    }),
    revocations,
    revocationLog,
    nodes,
    reportForeignConnection: bus
      ? () => {}
      : foreignConnectionReporter(connectionIds, (error) => onError(error, { place: '$connections' })),
    idempotency: new IdempotencyCache(bus),
    calls: new CallTracker(),
    stats: () => statsOf(context),
    closing: closing.signal,
    shutdownFrame: () => life.shutdownFrame(),
    publicError: (error, place) =>
      toPublicError(error, undefined, (unexpected) => report(unexpected, { place })),
  }

  async function answer(request: TidingsRequest): Promise<TidingsResponse> {
    if (request.path === healthPath) return handleHealth(request, bus, life.isOpen)
    return life.isOpen ? route(context, request) : problemResponse(life.refusal())
  }

  async function close({ drainMs }: CloseOptions = {}): Promise<void> {
    const ms = resolveDrainMs(drainMs)
    return life.close(ms, () => {
      closing.abort()
      return shutDown({ context, life, duplicates }, ms).finally(() => closed.abort())
    })
  }

  const requireOpen = () => {
    if (!life.isOpen) throw life.refusal()
  }
  const local = { server: context, answer, requireOpen }

  return {
    emit: emit as Emit<ContractDefinition>,
    snapshot: localSnapshots(local, compiled) as Snapshots<ContractDefinition, unknown>,
    call: localCalls(local, compiled) as unknown as Calls<ContractDefinition, unknown>,
    get isClosing() {
      return !life.isOpen
    },
    handle: (request) => guardOrigin(options.allowedOrigins, request, () => answer(request)),
    ...revoker({ revocations, revocationLog, sources: context, isClosed: () => life.isClosed }),
    stats: context.stats,
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}
