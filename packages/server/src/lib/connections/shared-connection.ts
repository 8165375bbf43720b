import { TidingsError } from '@tidings/core'
import {
  type ControlOperation,
  type ControlResult,
  encodeSignal,
  formatCursor,
  parseCursor,
  toProblem,
} from '@tidings/core/wire'
import type { ServerContext } from '../endpoints/server-context.js'
import type { ConnectionInfo } from '../hooks.js'
import type { Sink } from '../http/adapter.js'
import { Chunk } from '../http/chunk.js'
import { cursorOf, gapAtStart, type Start, Subscription } from '../log/subscription.js'
import { maxAuthorizations, revokedTooOften } from './authorization-attempts.js'
import { Connection, type ConnectionCallbacks } from './connection.js'
import { CredentialExpiry } from './credential-expiry.js'
import { openFrame } from './open-frame.js'
import { TokenBucket } from './token-bucket.js'
import { requireAuthorized, type TopicRequest, topicByKey } from './topic-access.js'

/** Unlike a comment line, an event is seen by every EventSource, so that a client can tell a quiet connection from a dead one. */
const heartbeatEvent = new Chunk(encodeSignal('$heartbeat', 0))

/** With what a client proves who it is, until when that is good, and how often it had been demanded when it was made. */
interface Credentials {
  readonly context: unknown
  readonly expiresAt: number
  readonly challenge: number
}

/** The control request that an operation came with. */
export interface ControlOrigin extends Credentials {
  readonly sequence: number | undefined
}

/**
 * One connection that carries any number of topics, which its client asks for with control requests.
 *
 * A topic's frames are the same as on a connection of its own: the epoch in their ids is unique to the topic's log, so that
 * it is the short name by which the client tells whose they are.
 */
export class SharedConnection implements ConnectionCallbacks {
  /** A client that does not know it cannot guess it. */
  readonly id: string
  readonly connection: Connection
  readonly heartbeat = heartbeatEvent
  readonly #context: ServerContext
  readonly #info: ConnectionInfo
  /** By the key of the topic. */
  readonly #subscriptions = new Map<string, Subscription>()
  /** The topics that somebody is about to be let into, each with the request that does it: a newer one counts. */
  readonly #entering = new Map<string, { readonly label: string }>()
  /** How often topics may be asked for: on this connection, and by its client on all of them. */
  readonly #rates: readonly TokenBucket[]
  /** How many operations there may be, whatever comes of them. */
  readonly #operationRate: TokenBucket
  readonly #expiry: CredentialExpiry
  /** With what its client has proved who it is last, where that was demanded. */
  #credentials: Credentials | undefined
  /** The newest control request. */
  #sequence = 0

  constructor(site: ServerContext, sink: Sink, info: ConnectionInfo, expiresAt: number) {
    const { subscriptionsPerConnection } = site.options
    this.#context = site
    this.#info = info
    this.id = site.connectionIds.create()
    // All twice at once, and a tenth of them each second: what a client leaves is kept for a while, for it may come back.
    const own = new TokenBucket(2 * subscriptionsPerConnection, subscriptionsPerConnection / 10)
    const perSecond = Math.max(subscriptionsPerConnection, 1_000)
    this.#operationRate = new TokenBucket(20 * perSecond, perSecond)
    const ofPrincipal = site.rates.ofPrincipals.acquire(info.principal)
    const ofAddress = site.rates.ofAddresses.acquire(info.address)
    this.#rates = [own, ofPrincipal, ofAddress].filter((allowance) => allowance !== undefined)
    this.#expiry = new CredentialExpiry(expiresAt, {
      onExpiring: (withinMs) => this.requestReauthorization(withinMs),
      onExpired: () => this.#reauthTimedOut(),
    })
    // Before it is there: a hook that hears of it may end it.
    site.shared.set(this.id, this)
    this.connection = new Connection(site, sink, info, Number.POSITIVE_INFINITY, this)
    this.connection.writeSignal(openFrame(site.options, this.id))
  }

  /**
   * A control request is about to be done. Requests travel on connections of their own, and may come in another order.
   *
   * @throws TidingsError `conflict` where a newer one has been done
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

  /**
   * Counts the operations of a control request. Those that are refused, or ask for nothing, count too.
   *
   * @throws TidingsError `too_many_requests` for more than a client of Tidings has use for
   */
  requireOperations(count: number): void {
    const retryAfterMs = this.#operationRate.take(count + 1)
    if (retryAfterMs === 0) return
    const message = 'You are sending control requests too often. Try again later'
    throw new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
  }

  /** How often its client was asked to prove who it is. */
  get challenges(): number {
    return this.#expiry.challenges
  }

  /** Whether it belongs to who sends a request with a context. */
  belongsTo(context: unknown): boolean {
    return this.connection.info.principal === this.#context.options.principal(context)
  }

  /**
   * Takes a control request as proof of who the client is, if that was demanded before it was made. Each topic is authorised
   * again by it, while it goes on; when all are, the connection lasts as long as the proof does.
   */
  renew(proof: Credentials): void {
    const renewal = this.#expiry.beginRenewal(proof.expiresAt, proof.challenge)
    if (!renewal) return
    this.#credentials = proof
    const authorized = [...this.#subscriptions].map(([key, subscription]) =>
      requireAuthorized(topicByKey(this.#context.procedures, key), proof.context).catch((error) =>
        this.onFailed(subscription, error),
      ),
    )
    void Promise.all(authorized).then(() => this.#expiry.finishRenewal(renewal))
  }

  /** Asks the client to prove who it is, and ends the connection if it does not. */
  requestReauthorization(withinMs: number): void {
    this.#expiry.endWithin(withinMs)
    this.connection.writeSignal(encodeSignal('$reauthorize', { withinMs: Math.floor(withinMs) }))
  }

  /**
   * Does what a control request asks for, which is authorised by its own context. What goes wrong is the result. A topic
   * whose subscription is refused is carried no longer.
   *
   * @param request how it was sent
   */
  async perform(operation: ControlOperation, request: ControlOrigin): Promise<ControlResult> {
    const name = nameIn(operation)
    try {
      const topic = topicByKey(this.#context.procedures, name)
      if ('unsubscribe' in operation) return this.#unsubscribe(topic.key)
      if ('snapshot' in operation) return this.#refresh(topic.key)
      return await this.#subscribe(topic, name, startOf(operation.cursor), request)
    } catch (error) {
      return { status: 'refused', problem: toProblem(this.#context.publicError(error, name)) }
    }
  }

  onFailed(subscription: Subscription, error: unknown): void {
    const { topic } = subscription
    // It may have been replaced while it failed.
    if (this.#subscriptions.get(topic.key) !== subscription) return
    this.#drop(topic.key)
    this.#writeFailure(subscription, error, {})
  }

  onNotRefreshed(subscription: Subscription, error: unknown): void {
    this.#writeFailure(subscription, error, { snapshot: true })
  }

  onReleased(): void {
    this.#context.shared.delete(this.id)
    const { principal, address } = this.#info
    this.#context.rates.ofPrincipals.release(principal)
    this.#context.rates.ofAddresses.release(address)
    this.#expiry.close()
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
      this.#requireRate()
      let demands = this.challenges
      await requireAuthorized(topic, request.context)
      await this.#context.topics.prepare(topic, this.#info, cursorOf(start))
      // Proof may have been demanded meanwhile, and given by a caller who may do less: no older verdict opens the topic.
      let known: Credentials = request
      for (let count = 1; ; count += 1) {
        if (this.#credentials && this.#credentials.challenge > known.challenge) known = this.#credentials
        else if (this.challenges === demands) break
        if (count === maxAuthorizations) throw revokedTooOften()
        demands = this.challenges
        await requireAuthorized(topic, known.context)
      }
      if (this.connection.isOver) throw gone()
      if (this.#entering.get(key) !== entry) throw superseded(label)
      this.#expiry.shorten(known.expiresAt)
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
    const topic = this.#context.topics.getOrCreate(ref, this.#info)
    const { log } = topic
    const { epoch } = log
    const reason = gapAtStart(topic, start)
    const isResumed = start.kind === 'resume' && !reason
    const startsAt = isResumed ? start.cursor : topic.hasSnapshot ? undefined : log.cursorAt(log.head)
    const cursor = startsAt && { cursor: formatCursor(startsAt) }
    // Of a gap, the position comes with it: a client cut off in between must not resume as if it knew of it.
    const open = encodeSignal('$subscribed', {
      topic: label,
      epoch,
      ...(reason ? undefined : cursor),
      ...(sequence !== undefined && { request: sequence }),
    })
    // The topic's own text where it is the same, which all who carry it share.
    const name = label === topic.key ? topic.key : label
    const subscription = new Subscription(topic, this.connection, start, open, name)
    this.#subscriptions.set(topic.key, subscription)
    this.connection.add(subscription)
    // A snapshot that was promised comes.
    if (isRefreshing) subscription.refresh()
    return reason ? { status: 'gap', reason, epoch, ...cursor } : { status: 'accepted', epoch, ...cursor }
  }

  #unsubscribe(key: string): ControlResult {
    this.#entering.delete(key)
    this.#drop(key)
    return { status: 'done' }
  }

  #refresh(key: string): ControlResult {
    this.#requireRate()
    const subscription = this.#subscriptions.get(key)
    if (!subscription) {
      const message = `This connection is not subscribed to "${key}". Subscribe to it to receive its snapshot`
      throw new TidingsError({ code: 'bad_request', message })
    }
    subscription.refresh()
    return { status: 'done' }
  }

  #drop(key: string): void {
    const subscription = this.#subscriptions.get(key)
    if (!subscription) return
    this.#subscriptions.delete(key)
    this.connection.remove(subscription)
  }

  /** @throws TidingsError for one topic under two names */
  #requireOneName(key: string, label: string): void {
    const known = this.#subscriptions.get(key)?.label ?? this.#entering.get(key)?.label
    if (known === undefined || known === label) return
    const message = `This connection is already subscribed to "${label}" as "${known}". Use one name for a topic`
    throw new TidingsError({ code: 'bad_request', message })
  }

  /** @throws TidingsError for one subscription too many */
  #requireRoom(key: string): void {
    if (this.#subscriptions.has(key) || this.#entering.has(key)) return
    const most = this.#context.options.subscriptionsPerConnection
    if (this.#subscriptions.size + this.#entering.size < most) return
    let count = this.#subscriptions.size
    for (const entering of this.#entering.keys()) if (!this.#subscriptions.has(entering)) count += 1
    if (count < most) return
    const message = `This connection has reached its limit of ${most} subscriptions. Unsubscribe from one, or open another connection`
    throw new TidingsError({
      code: 'too_many_requests',
      message,
      retryAfterMs: this.#context.options.retryMs,
    })
  }

  /** @throws TidingsError for what is asked too often */
  #requireRate(): void {
    const retryAfterMs = Math.max(...this.#rates.map((allowance) => allowance.waitMs()))
    if (retryAfterMs === 0) {
      // Only what is done counts: a refusal by one allowance must not use up the others, which other connections share.
      for (const allowance of this.#rates) allowance.take()
      return
    }
    const message = 'You are requesting topics too often. Try again later'
    throw new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
  }

  #writeFailure({ topic, label }: Subscription, error: unknown, about: { snapshot?: true }): void {
    const problem = toProblem(this.#context.publicError(error, topic.key))
    this.connection.writeSignal(encodeSignal('$error', { ...problem, topic: label ?? topic.key, ...about }))
  }

  #reauthTimedOut(): void {
    const message = "This connection's credentials expired and were not renewed in time"
    const problem = toProblem(new TidingsError({ code: 'unauthorized', message }))
    this.connection.end('unauthorized', encodeSignal('$error', problem))
  }
}

/** The topic that an operation is about, as the client has named it. */
function nameIn(operation: ControlOperation): string {
  if ('subscribe' in operation) return operation.subscribe
  return 'snapshot' in operation ? operation.snapshot : operation.unsubscribe
}

function startOf(cursor: string | undefined): Start {
  return cursor === undefined ? { kind: 'head' } : { kind: 'resume', cursor: parseCursor(cursor) }
}

function superseded(topic: string): TidingsError {
  const message = `A newer request for "${topic}" superseded this one`
  return new TidingsError({ code: 'conflict', message })
}

/** What is said of a connection that is not there, to whomever it may not belong to as well. */
export function gone(): TidingsError {
  return new TidingsError({ code: 'gone', message: 'You have no such connection here. Open a new one' })
}
