import { type ContractDefinition, TidingsError } from '@tidings/core'
import {
  type CompiledChannel,
  checkContract,
  compileContract,
  encodeSignal,
  toProblem,
  withRetry,
} from '@tidings/core/wire'
import { bindHandlers, channelOf } from './bind-handlers.js'
import { CallTracker } from './calls/call-tracker.js'
import { IdempotencyCache } from './calls/idempotency-cache.js'
import { Admission } from './connections/admission.js'
import type { Connection } from './connections/connection.js'
import { ConnectionIds } from './connections/connection-ids.js'
import { PresenceChecks } from './connections/presence-checks.js'
import type { SharedConnection } from './connections/shared-connection.js'
import { SharedTokenBuckets } from './connections/shared-token-buckets.js'
import { DuplicateServerCheck } from './duplicate-server-check.js'
import { createEmit, type Publish } from './emitter.js'
import { handleHealth } from './endpoints/health.js'
import { route } from './endpoints/router.js'
import type { ServerContext } from './endpoints/server-context.js'
import type { TidingsRequest, TidingsResponse } from './http/adapter.js'
import { Counters } from './http/counters.js'
import { Heartbeat } from './http/heartbeat.js'
import { guardOrigin } from './http/origin.js'
import { toPublicError } from './http/public-error.js'
import { healthPath } from './http/reserved-paths.js'
import { problemResponse } from './http/responses.js'
import { rejected } from './ignorable.js'
import { jittered } from './jitter.js'
import { TopicRegistry } from './log/topic-registry.js'
import { whileHeld } from './nodes/lease.js'
import { newNodeId } from './nodes/node-id.js'
import { NodeRpc } from './nodes/node-rpc.js'
import type { ServerOptions } from './options.js'
import { resolveDrainMs, resolveOptions } from './resolve-options.js'
import { predicateOf } from './revocations/connection-filter.js'
import { RevocationLog } from './revocations/revocation-log.js'
import { Revocations } from './revocations/revocations.js'
import { type Revoker, revoker } from './revocations/revoker.js'
import { type Stats, statsOf } from './stats.js'
import type { AsyncDisposes } from './types/disposable.js'
import type { Emit } from './types/emit.js'
import type { Handlers } from './types/handlers.js'

/**
 * The server of a contract. Mount it with an adapter, such as `expressHandler` of `@tidings/server/express`.
 */
export interface Tidings<Contract> extends AsyncDisposes, Revoker {
  /** Emits events from anywhere in the program: `emit.room({ roomId }).message(…)`. */
  readonly emit: Emit<Contract>
  /** Answers a request, for adapters. Never rejects. */
  handle(request: TidingsRequest): Promise<TidingsResponse>
  /** Whether the server is closing or closed. Adapters keep no connection alive from then on. */
  readonly isClosing: boolean
  /** Returns the server's current state and totals. Visits every subscription. */
  stats(): Stats
  /**
   * Shuts down gracefully: refuses new requests (503 `unavailable`), ends every connection, lets running
   * commands and streams finish for up to `drainMs`, then aborts their `signal`. Resolves when they are over
   * and their clients have read the end, for each of which it waits at most one more second.
   *
   * Each connection gets its own time to reconnect, after about `retryMs` and within `drainMs` of that, so
   * that clients do not all reconnect at once. Closing again has no further effect.
   *
   * The bus is closed too. The HTTP server stays open: close it yourself.
   *
   * @throws TidingsError `invalid_options` for a `drainMs` that is out of range
   */
  close(options?: CloseOptions): Promise<void>
}

/** The options of `close`. */
export interface CloseOptions {
  /**
   * Milliseconds over which connected clients reconnect, and for which running commands and streams may
   * continue.
   *
   * Defaults to 5,000. 0 ends everything immediately.
   */
  drainMs?: number
}

/**
 * Creates the server of a contract.
 *
 * Handlers have the contract's own shape. A channel's handlers are optional unless the contract declares a
 * snapshot.
 *
 * @throws TidingsError `invalid_options` for a handler that is missing or unknown, or an option out of range
 */
export function createServer<const Contract extends ContractDefinition>(
  contract: Contract,
  handlers: Handlers<Contract, undefined>,
): Tidings<Contract>
export function createServer<const Contract extends ContractDefinition, Context = undefined>(
  contract: Contract,
  options: ServerOptions<Context>,
  handlers: Handlers<Contract, Context>,
): Tidings<Contract>
export function createServer(
  contract: ContractDefinition,
  ...rest: [handlers: unknown] | [options: ServerOptions<unknown>, handlers: unknown]
): Tidings<ContractDefinition> {
  const [given, handlers] = rest.length === 2 ? rest : [{}, rest[0]]
  // A bundle for an edge runtime may have been made with the condition `browser`, where compiling does not check.
  checkContract(contract)
  const compiled = compileContract(contract)
  const options = resolveOptions(given)
  const { bus, onError, hooks } = options
  const { lingerMs, topicLimits, retryMs } = options
  const topics = new TopicRegistry(
    { lingerMs, bus, limits: topicLimits, retryMs, runOnOneNode: alone },
    { onSourceFailed: (error, topicKey) => onError(error, { place: topicKey }) },
  )
  const tally = new Counters()
  const runs = new CallTracker()
  const connections = new Set<Connection>()
  const reported = new WeakSet<object>()
  let state: 'open' | 'draining' | 'closed' = 'open'
  let lastWords: (() => string) | undefined
  let over: Promise<void> | undefined

  const peers = bus && new NodeRpc(bus, { answer, answerQuery: reply })
  const revocations = new Revocations(connections)
  const shared = new Map<string, SharedConnection>()
  const connectionIds = new ConnectionIds(peers?.nodeId ?? newNodeId())
  const askElsewhere = (principal: string) => peers?.notifyAll({ present: principal })
  const presence = new PresenceChecks({ shared, checkOtherNodes: askElsewhere })
  const sharedRevocations =
    bus &&
    peers &&
    new RevocationLog({
      bus,
      peers,
      revoke: (kind, filter) => revocations.revoke(kind, predicateOf(filter)),
      onLost: () => void revocations.revoke('reauthorize', () => true),
    })
  const done = Promise.resolve()
  const twins = bus
    ? undefined
    : new DuplicateServerCheck(
        compiled,
        (key) => topics.hasReaders(key),
        (error, key) => onError(error, { place: key }),
      )
  const publish: Publish = (topic, event, body) => {
    if (state === 'closed') {
      const message = 'The server is closed and can no longer emit'
      return rejected(new TidingsError({ code: 'closed', message }))
    }
    tally.emits += 1
    if (bus) {
      const appended = bus.append(topic.key, body, topic.channel.history)
      // Also what makes the promise safe to ignore.
      appended.catch((error) => onError(error, { place: topic.key }))
      return appended
    }
    topics.publish(topic, event, body)
    twins?.checkEmit(topic.key)
    return done
  }
  const { history, snapshotMs, maxTopicKeyBytes, idempotencyMs } = options
  const bindingHome = { history, snapshotMs, maxTopicKeyBytes, idempotencyMs, publish }
  const procedures = bindHandlers(compiled, handlers, bindingHome)
  const settingsOf = (channel: CompiledChannel) => channelOf(procedures, channel)
  const emit = createEmit(compiled, { publish, settingsOf, maxKeyBytes: maxTopicKeyBytes, onError })
  const site: ServerContext = {
    options,
    procedures,
    topics,
    writes: topics.writes,
    heartbeat: new Heartbeat(Math.min(options.heartbeatMs, options.stallMs, options.maxConnectionMs)),
    admission: new Admission(
      options.connectionLimits,
      options.retryMs,
      peers && bus && { bus, nodeId: peers.nodeId },
    ),
    rates: {
      ofPrincipals: new SharedTokenBuckets(2 * topicLimits.topicsPerPrincipal),
      ofAddresses: new SharedTokenBuckets(2 * topicLimits.topicsPerAddress),
    },
    counters: tally,
    hooks,
    connections,
    revocations,
    revocationLog: sharedRevocations,
    snapshotBytes: { held: 0 },
    presence,
    connectionIds,
    reportForeignConnection: noticeProcessBeside,
    shared,
    nodes: peers,
    idempotency: new IdempotencyCache(bus),
    calls: runs,
    emit,
    shutdownFrame: () => lastWords?.(),
    publicError: (error, place) =>
      toPublicError(error, undefined, (unexpected) => {
        // A thousand subscribers may wait for what fails once.
        if (typeof unexpected === 'object' && unexpected !== null) {
          if (reported.has(unexpected)) return
          reported.add(unexpected)
        }
        onError(unexpected, { place })
      }),
  }

  async function answer(request: TidingsRequest): Promise<TidingsResponse> {
    if (request.path === healthPath) return handleHealth(request, bus, state === 'open')
    return state === 'open' ? route(site, request) : problemResponse(closing(jittered(options.retryMs)))
  }

  let isProcessBesideTold = false
  function noticeProcessBeside(id: string): void {
    if (bus || isProcessBesideTold || !connectionIds.isOfProcessBeside(id)) return
    isProcessBesideTold = true
    const message =
      'A control request names a connection that another process opened after this one started: several processes serve one address. Without a bus, they share neither connections nor events. Give each process a bus (`bus: redisBus({ url })` of @tidings/server/redis), or run only one process. This is expected while one process takes over from another'
    onError(new Error(message), { place: '$connections' })
  }

  /** Answers what other nodes ask all. What is of another version is not answered. */
  async function reply(question: unknown): Promise<unknown> {
    const { revoked, present } = question as { revoked?: unknown; present?: unknown }
    if (typeof present === 'string') return presence.check(present)
    if (typeof revoked !== 'string') throw new Error('This node does not understand the question')
    return sharedRevocations?.countOf(revoked)
  }

  let sourceCount = 0
  /** Runs a topic's source on one node. */
  async function alone(
    topicKey: string,
    signal: AbortSignal,
    body: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (!bus || !peers) {
      void body(signal)
      return
    }
    sourceCount += 1
    return whileHeld(bus, `source:${topicKey}`, `${peers.nodeId}.${sourceCount}`, signal, body)
  }

  async function drain(drainMs: number): Promise<void> {
    lastWords = () => shutdownFrame(options.retryMs, drainMs)
    topics.writes.flush()
    for (const connection of connections) connection.end('closed', lastWords())
    const sourcesOver = topics.close()
    const reason = closing(jittered(options.retryMs))
    await runs.drain(drainMs, reason)
    await site.idempotency.close(reason)
    state = 'closed'
    peers?.close()
    sharedRevocations?.close()
    twins?.close()
    site.admission.close()
    await sourcesOver
    await bus?.close()
    await site.heartbeat.empty(unreadMs)
  }

  async function close({ drainMs }: CloseOptions = {}): Promise<void> {
    const ms = resolveDrainMs(drainMs)
    if (!over) {
      state = 'draining'
      // Not begun before it is there to be found: a hook may close the server again.
      over = Promise.resolve().then(() => drain(ms))
    }
    return over
  }

  return {
    emit: emit as Emit<ContractDefinition>,
    get isClosing() {
      return state !== 'open'
    },
    handle: (request) => guardOrigin(options.allowedOrigins, request, () => answer(request)),
    ...revoker({ revocations, shared: sharedRevocations, procedures, isClosed: () => state === 'closed' }),
    stats: () => statsOf(site),
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

/** How long a client may take to read what it was sent last when the server has closed. */
const unreadMs = 1_000

/**
 * What a connection is told when the server closes, both as EventSources and as Tidings' own client
 * understand it: when to come back. An EventSource keeps to it until it is told otherwise, so that it must
 * not be too soon for anyone.
 */
function shutdownFrame(retryMs: number, drainMs: number): string {
  const waitMs = Math.round(jittered(retryMs) + Math.random() * drainMs)
  return withRetry(waitMs, encodeSignal('$error', toProblem(closing(waitMs))))
}

function closing(retryAfterMs: number): TidingsError {
  return new TidingsError({ code: 'unavailable', message: 'The server is closing', retryAfterMs })
}
