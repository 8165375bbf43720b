import { TidingsError } from '@tidings/core'
import {
  type ControlResult,
  type EchoOperation,
  encodeSignal,
  formatCursor,
  type SubscriptionOperation,
  toProblem,
} from '@tidings/core/wire'
import type { Sink } from '../http/adapter.js'
import { Chunk } from '../http/chunk.js'
import { cursorOf, gapAtStart, requireGapless, type Start } from '../log/start.js'
import { Subscription } from '../log/subscription.js'
import type { Departure } from '../log/topic.js'
import type { Tracing } from '../tracing.js'
import { Connection, type ConnectionCallbacks, type ConnectionDeps } from './connection.js'
import { ConnectionAuth, type Credentials } from './connection-auth.js'
import type { ConnectionIdentity } from './connection-identity.js'
import type { ConnectionIds } from './connection-ids.js'
import { type ClientRates, ControlRates } from './control-rates.js'
import { type OpenFrameOptions, openFrame } from './open-frame.js'
import { headOf, nameIn, startOf } from './operation.js'
import { requireAuthorized, type TopicRequest, type TopicSources, topicByKey } from './topic-access.js'

/** An event rather than a comment, which no EventSource exposes. See decision 008. */
const heartbeatEvent = new Chunk(encodeSignal('$heartbeat', 0))

/** What a shared connection needs of its server. */
export interface SharedConnectionDeps extends ConnectionDeps, TopicSources {
  readonly connectionIds: ConnectionIds
  /** The server's shared connections, by id. */
  readonly shared: Map<string, SharedConnection>
  readonly rates: ClientRates
  readonly options: ConnectionDeps['options'] &
    OpenFrameOptions & {
      readonly subscriptionsPerConnection: number
      readonly tracing: Tracing | undefined
      principal(context: unknown): string | undefined
    }
}

/** The control request of an operation. */
export interface ControlOrigin extends Credentials {
  readonly sequence: number | undefined
  /** Whether the request has started the run that it subscribes to, and was limited as that. */
  readonly startsRun?: boolean
}

/**
 * A connection that carries any number of topics, which its client subscribes to with control requests.
 *
 * A topic has the same frames here as on a connection of its own: the epoch in their ids identifies the topic.
 * See decision 008.
 */
export class SharedConnection implements ConnectionCallbacks {
  /** Contains a secret: only the connection's client knows it. */
  readonly id: string
  readonly connection: Connection
  readonly rates: ControlRates
  readonly auth: ConnectionAuth
  readonly heartbeat = heartbeatEvent
  readonly #deps: SharedConnectionDeps
  readonly #identity: ConnectionIdentity
  /** By the key of the topic. */
  readonly #subscriptions = new Map<string, Subscription>()
  /** The topics being subscribed to, each with its newest request. */
  readonly #entering = new Map<string, { readonly label: string }>()
  /** The number of the newest control request. */
  #sequence = 0

  /** @param contract the hash of the server's contract */
  constructor(
    deps: SharedConnectionDeps,
    sink: Sink,
    identity: ConnectionIdentity,
    expiresAt: number,
    contract: string | undefined,
  ) {
    this.#deps = deps
    this.#identity = identity
    this.id = deps.connectionIds.create()
    this.rates = new ControlRates(deps.rates, identity, deps.options.subscriptionsPerConnection)
    this.auth = new ConnectionAuth(expiresAt, {
      authorizeTopics: (credentials) => this.#authorizeTopics(credentials),
      onChallenged: (withinMs) => this.#writeChallenge(withinMs),
      onExpired: () => this.#onExpired(),
    })
    // Before the connection exists: the `connected` hook may end it.
    deps.shared.set(this.id, this)
    this.connection = new Connection(deps, sink, identity, Number.POSITIVE_INFINITY, this)
    this.connection.writeSignal(
      openFrame(deps.options, { id: this.id, ...(contract !== undefined && { contract }) }),
    )
  }

  /**
   * Begins a control request. Each request has an HTTP connection of its own, so requests may arrive out of order.
   *
   * @throws TidingsError `conflict` if a newer request has begun
   */
  advance(sequence: number): void {
    if (sequence <= this.#sequence) {
      const message = `Control request ${sequence} arrived after ${this.#sequence}, which supersedes it. Give newer requests higher numbers`
      throw new TidingsError({ code: 'conflict', message })
    }
    this.#sequence = sequence
  }

  get entering(): Iterable<string> {
    return this.#entering.keys()
  }

  /** Returns whether the connection has the principal of a context. */
  belongsTo(context: unknown): boolean {
    return this.#identity.principal === this.#deps.options.principal(context)
  }

  /** Asks the client to authenticate again, and ends the connection unless it does. */
  requestReauthorization(withinMs: number): void {
    this.auth.challenge(withinMs)
  }

  /**
   * Performs an operation of a control request, authorised by the context of that request. Never rejects: a failure
   * is a result. A topic whose subscription is refused is no longer carried.
   */
  async perform(operation: SubscriptionOperation, request: ControlOrigin): Promise<ControlResult> {
    const name = nameIn(operation)
    try {
      const topic = topicByKey(this.#deps, name)
      if ('unsubscribe' in operation) {
        return this.#unsubscribe(topic.key, operation.lost ? 'lost' : 'detached')
      }
      if ('snapshot' in operation) return this.#refresh(topic.key)
      if ('pause' in operation) return this.#pause(topic)
      const { tracing } = this.#deps.options
      const subscribe = () => this.#subscribe(topic, name, startOf(topic, operation.cursor), request)
      return await (tracing ? tracing.subscribe(topic.key, subscribe) : subscribe())
    } catch (error) {
      return { status: 'refused', problem: toProblem(this.#deps.publicError(error, name)) }
    }
  }

  /** Sends a text back, and returns those of the named headers that the request had. */
  echo({ echo, headers }: EchoOperation, received: Headers): ControlResult {
    this.connection.writeSignal(encodeSignal('$echo', echo))
    return { status: 'done', ...(headers && { headers: headers.filter((name) => received.has(name)) }) }
  }

  onFailed(subscription: Subscription, error: unknown): void {
    const { topic } = subscription
    // It may have been replaced while it failed.
    if (this.#subscriptions.get(topic.key) !== subscription) return
    this.#drop(topic.key)
    this.#writeFailure(subscription, error, {})
  }

  onCompleted({ topic }: Subscription): void {
    this.#drop(topic.key)
  }

  onNotRefreshed(subscription: Subscription, error: unknown): void {
    this.#writeFailure(subscription, error, { snapshot: true })
  }

  onReleased(): void {
    this.#deps.shared.delete(this.id)
    this.rates.release()
    this.auth.close()
    this.#subscriptions.clear()
    this.#entering.clear()
  }

  async #subscribe(
    topic: TopicRequest,
    label: string,
    start: Start,
    request: ControlOrigin,
  ): Promise<ControlResult> {
    const { key } = topic
    this.#requireOneName(key, label)
    this.#requireRoom(key)
    const entry = { label }
    this.#entering.set(key, entry)
    try {
      if (!request.startsRun) this.rates.requireTopic()
      const authorization = this.auth.authorize(request)
      await requireAuthorized(topic, request.context, request.caller)
      await topic.logs.prepare(topic, this.#identity, cursorOf(start))
      // Nothing may be awaited between this check and the subscription: no outdated decision opens a topic.
      while (authorization.isOutdated()) {
        const { context, caller } = authorization.credentials
        await requireAuthorized(topic, context, caller, { isRenewal: true })
      }
      if (this.connection.isOver) throw ended()
      if (this.#entering.get(key) !== entry) throw superseded(label)
      this.auth.shorten(authorization.credentials.expiresAt)
      return this.#begin(topic, label, start, request.sequence)
    } catch (error) {
      if (this.#entering.get(key) === entry) this.#drop(key)
      throw error
    } finally {
      if (this.#entering.get(key) === entry) this.#entering.delete(key)
    }
  }

  #begin(ref: TopicRequest, label: string, start: Start, sequence: number | undefined): ControlResult {
    const isRefreshing = this.#subscriptions.get(ref.key)?.isRefreshing ?? false
    this.#drop(ref.key)
    const topic = ref.logs.getOrCreate(ref, this.#identity)
    requireGapless(topic, start)
    const { log } = topic
    const { epoch } = log
    const reason = gapAtStart(topic, start)
    const startsAt = reason || start.kind === 'head' ? headOf(topic) : (cursorOf(start) ?? log.cursorAt(0))
    const cursor = startsAt && { cursor: formatCursor(startsAt) }
    // Without a cursor before a gap or a snapshot: a client that lost its connection in between would resume past it.
    // See decision 008.
    const open = encodeSignal('$subscribed', {
      topic: label,
      epoch,
      ...(reason ? undefined : cursor),
      ...(sequence !== undefined && { request: sequence }),
    })
    // The topic's own string if it is the same: every subscription to the topic then shares one.
    const name = label === topic.key ? topic.key : label
    const subscription = new Subscription(topic, this.connection, start, open, name)
    this.#subscriptions.set(topic.key, subscription)
    this.connection.add(subscription)
    // The replaced subscription had accepted a request for a snapshot.
    if (isRefreshing) subscription.refresh()
    return reason ? { status: 'gap', reason, epoch, ...cursor } : { status: 'accepted', epoch, ...cursor }
  }

  #unsubscribe(key: string, how: Departure): ControlResult {
    this.#entering.delete(key)
    this.#drop(key, how)
    return { status: 'done' }
  }

  #pause({ key, channel }: TopicRequest): ControlResult {
    const subscription = this.#subscriptions.get(key)
    if (!subscription || !channel.isGapless) {
      const message = `This connection has no run "${key}" to pause. Only a run that it carries can be paused`
      throw new TidingsError({ code: 'bad_request', message })
    }
    subscription.pause()
    return { status: 'done' }
  }

  #refresh(key: string): ControlResult {
    this.rates.requireTopic()
    const subscription = this.#subscriptions.get(key)
    if (!subscription) {
      const message = `This connection is not subscribed to "${key}". Subscribe to it to receive its snapshot`
      throw new TidingsError({ code: 'bad_request', message })
    }
    subscription.refresh()
    return { status: 'done' }
  }

  #drop(key: string, how?: Departure): void {
    const subscription = this.#subscriptions.get(key)
    if (!subscription) return
    this.#subscriptions.delete(key)
    this.connection.remove(subscription, how)
  }

  /** @throws TidingsError `bad_request` for a topic that the connection carries under another name */
  #requireOneName(key: string, label: string): void {
    const known = this.#subscriptions.get(key)?.label ?? this.#entering.get(key)?.label
    if (known === undefined || known === label) return
    const message = `This connection is already subscribed to "${label}" as "${known}". Use one name for a topic`
    throw new TidingsError({ code: 'bad_request', message })
  }

  /** @throws TidingsError `too_many_requests` for a subscription beyond the limit */
  #requireRoom(key: string): void {
    if (this.#subscriptions.has(key) || this.#entering.has(key)) return
    const most = this.#deps.options.subscriptionsPerConnection
    if (this.#subscriptions.size + this.#entering.size < most) return
    let count = this.#subscriptions.size
    for (const entering of this.#entering.keys()) if (!this.#subscriptions.has(entering)) count += 1
    if (count < most) return
    const message = `This connection has reached its limit of ${most} subscriptions. Unsubscribe from one, or open another connection`
    throw new TidingsError({
      code: 'too_many_requests',
      message,
      retryAfterMs: this.#deps.options.retryMs,
    })
  }

  /** Authorises every topic again. A refused topic is no longer carried. */
  #authorizeTopics({ context, caller }: Credentials): Promise<unknown> {
    return Promise.all(
      [...this.#subscriptions].map(([key, subscription]) =>
        requireAuthorized(topicByKey(this.#deps, key), context, caller, { isRenewal: true }).catch((error) =>
          this.onFailed(subscription, error),
        ),
      ),
    )
  }

  #writeChallenge(withinMs: number): void {
    this.connection.writeSignal(encodeSignal('$reauthorize', { withinMs: Math.floor(withinMs) }))
  }

  #writeFailure({ topic, label }: Subscription, error: unknown, about: { snapshot?: true }): void {
    const problem = toProblem(this.#deps.publicError(error, topic.key))
    this.connection.writeSignal(encodeSignal('$error', { ...problem, topic: label ?? topic.key, ...about }))
  }

  #onExpired(): void {
    const message = "This connection's credentials expired and were not renewed in time"
    const problem = toProblem(new TidingsError({ code: 'unauthorized', message }))
    this.connection.end('unauthorized', encodeSignal('$error', problem))
  }
}

function superseded(topic: string): TidingsError {
  const message = `A newer request for "${topic}" superseded this one`
  return new TidingsError({ code: 'conflict', message })
}

/** Returns the error for a subscription whose connection has ended meanwhile. Its client makes it on another one. */
function ended(): TidingsError {
  const message = 'The connection ended while you were subscribing. Try again on another one'
  return new TidingsError({ code: 'unavailable', message, retryAfterMs: 0 })
}

/** Returns the error for a connection that does not exist, or belongs to another principal: the caller cannot tell. */
export function gone(): TidingsError {
  return new TidingsError({ code: 'gone', message: 'You have no such connection here. Open a new one' })
}
