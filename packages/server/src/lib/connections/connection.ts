import { encodeEventBody, maxTimerMs, type ServerGapReason, signal, toProblem } from '@tidings/core/wire'
import type { ConnectionInfo, DisconnectReason, Hooks } from '../hooks.js'
import type { Sink, SinkListener } from '../http/http.js'
import { Chunk } from '../log/chunk.js'
import type { Carrier, Hub } from '../log/hub.js'
import type { Piece } from '../log/pending.js'
import type { Subscription, SubscriptionOwner } from '../log/subscription.js'
import type { Admission } from './admission.js'
import { Outlet, type OutletHome, type OutletOwner } from './outlet.js'
import { type SnapshotBytes, SnapshotRoom } from './snapshot-room.js'

/** What a connection needs of its server. */
export interface ConnectionHome extends OutletHome {
  readonly hub: Hub
  readonly admission: Admission
  readonly hooks: Hooks
  readonly connections: Set<Connection>
  readonly snapshotBytes: SnapshotBytes
  readonly options: OutletHome['options'] & { readonly maxConnectionMs: number }
}

/** Whoever shares a connection out among topics. Without one, it is a single topic's own. */
export interface ConnectionOwner {
  /** What goes out where the connection would be silent for too long. */
  readonly heartbeat: Chunk
  /** The keys of the topics that are about to be carried. */
  readonly entering: Iterable<string>
  /** A subscription cannot go on. */
  failed(subscription: Subscription, error: unknown): void
  /** A subscription goes on, but without the snapshot it was asked for. */
  notRefreshed(subscription: Subscription, error: unknown): void
  /** Asks the client to prove who it is within so many milliseconds. */
  demandProof(withinMs: number): void
  /** The connection is over. */
  released(): void
}

/**
 * One response that carries subscriptions.
 *
 * It keeps no frames: what it has not written yet stands in the logs. While its socket is full it notes who has
 * something to say, and asks them when the socket has drained.
 */
export class Connection implements Carrier, OutletOwner, SubscriptionOwner, SinkListener {
  readonly info: ConnectionInfo
  readonly #home: ConnectionHome
  readonly #owner: ConnectionOwner | undefined
  readonly #outlet: Outlet
  readonly #subscriptions = new Set<Subscription>()
  /** Those that have something to say, in a row: see {@link Subscription.nextReady}. */
  #firstReady: Subscription | undefined
  #lastReady: Subscription | undefined
  readonly #openedAt = performance.now()
  readonly #lifeMs: number
  #expiry: NodeJS.Timeout | undefined
  #isOver = false
  #isTouched = false
  /** There once it carries a snapshot. */
  #room: SnapshotRoom | undefined

  /** @param expiresAt when it ends, for its client to be asked anew who it is: in milliseconds since the epoch, or Infinity */
  constructor(
    home: ConnectionHome,
    sink: Sink,
    info: ConnectionInfo,
    expiresAt: number,
    owner?: ConnectionOwner,
  ) {
    this.#home = home
    this.info = info
    this.#owner = owner
    // Connections that were opened together do not end together.
    this.#lifeMs = home.options.maxConnectionMs * (1 - Math.random() / 5)
    if (expiresAt !== Number.POSITIVE_INFINITY) this.#endAt(expiresAt)
    this.#outlet = new Outlet(home, sink, this)
    home.connections.add(this)
    home.hooks.connected?.(info)
  }

  /** How many of its subscriptions are owed something that its client has no room for. */
  get laggingCount(): number {
    if (!this.#outlet.isFull) return 0
    let count = 0
    for (const subscription of this.#subscriptions) if (subscription.isOwed) count += 1
    return count
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#subscriptions
  }

  /** The keys of the topics that it is about to carry. */
  get entering(): Iterable<string> {
    return this.#owner?.entering ?? []
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get heartbeat(): Chunk | undefined {
    return this.#owner?.heartbeat
  }

  /** Takes a subscription, or ends it at once where the connection is over already. */
  add(subscription: Subscription): void {
    if (this.#isOver) {
      subscription.end()
      return
    }
    this.#subscriptions.add(subscription)
    this.#home.hub.join(subscription.topic, subscription)
    this.ready(subscription)
  }

  /** Lets go of a subscription, and goes on without it. */
  remove(subscription: Subscription): void {
    subscription.end()
    if (this.#room?.forget(subscription)) this.#touch()
    if (this.#subscriptions.delete(subscription)) this.#home.hub.leave(subscription.topic, subscription)
  }

  ready(subscription: Subscription): void {
    if (this.#isOver || subscription.isReady) return
    this.#appendReady(subscription)
    this.#touch()
  }

  missed({ topic }: Subscription, reason: ServerGapReason): void {
    this.#home.tally.gaps += 1
    this.#home.hooks.gap?.({ ...this.info, topic: topic.key, reason })
  }

  failed(subscription: Subscription, error: unknown): void {
    if (this.#isOver) return
    if (this.#owner) {
      this.#owner.failed(subscription, error)
      return
    }
    // A topic's own connection ends with its one subscription.
    const problem = toProblem(this.#home.publicError(error, subscription.topic.key))
    this.end('failed', encodeEventBody(signal.error, problem))
  }

  notRefreshed(subscription: Subscription, error: unknown): void {
    if (this.#room?.forget(subscription)) this.#touch()
    this.#owner?.notRefreshed(subscription, error)
  }

  hold(subscription: Subscription, bytes: number): boolean {
    this.#room ??= new SnapshotRoom(this.#home.snapshotBytes)
    const isHeld = this.#room.hold(subscription, bytes, this.#outlet.isWritable)
    // Where nothing else is written, nothing would be reloaded.
    if (!isHeld) this.#touch()
    return isHeld
  }

  release(bytes: number): void {
    this.#room?.release(bytes)
  }

  /**
   * Has the client prove who it is, within so many milliseconds, or end. On a topic's own connection there is no way to
   * ask: it ends now, and its client is asked when it comes back.
   */
  reauthorize(withinMs: number): void {
    if (this.#owner) this.#owner.demandProof(withinMs)
    else this.end('unauthorized')
  }

  /** Writes something about the connection itself, whether its client has room for it or not; see {@link Outlet.insist}. */
  say(text: string): void {
    this.#outlet.insist(new Chunk(text))
  }

  flush(): void {
    this.#isTouched = false
    this.#write()
    if (this.#room && this.#outlet.isWritable) this.#room.reloadNext()
  }

  #write(): void {
    const outlet = this.#outlet
    if (!outlet.isWritable) return
    const piece = this.#take()
    if (!piece) return
    if (!this.#firstReady) {
      outlet.write(piece.chunk)
      return
    }
    outlet.together(() => {
      for (let next: Piece | undefined = piece; next; next = outlet.isWritable ? this.#take() : undefined) {
        outlet.write(next.chunk)
      }
    })
  }

  beat(): void {
    const { beatMs } = this.#home.heartbeat
    if (performance.now() - this.#openedAt + beatMs >= this.#lifeMs) this.end('expired')
  }

  cut(reason: 'stalled' | 'failed', error?: unknown): void {
    this.#release(reason)
    if (error !== undefined) this.#home.publicError(error, this.info.topic ?? 'the shared connection')
  }

  /** Ends the response, with some last words. */
  end(reason: DisconnectReason, last?: string): void {
    if (this.#isOver) return
    this.flush()
    if (last) this.say(last)
    this.#release(reason)
    this.#outlet.end()
  }

  drained(): void {
    if (this.#outlet.drained()) this.flush()
  }

  closed(): void {
    this.#outlet.closed()
    this.#release('left')
  }

  /** The next that is owed to anyone. Who is owed more gets it when those after it have had their turn. */
  #take(): Piece | undefined {
    for (let first = this.#firstReady; first; first = this.#firstReady) {
      const piece = first.take()
      this.#shiftReady(first)
      if (first.hasMore) this.#appendReady(first)
      if (!piece) continue
      this.#home.tally.deliveries += piece.count
      return piece
    }
    return undefined
  }

  #touch(): void {
    if (this.#isTouched) return
    this.#isTouched = true
    this.#home.hub.flushSoon(this)
  }

  #appendReady(subscription: Subscription): void {
    subscription.isReady = true
    if (this.#lastReady) this.#lastReady.nextReady = subscription
    else this.#firstReady = subscription
    this.#lastReady = subscription
  }

  #shiftReady(first: Subscription): void {
    first.isReady = false
    this.#firstReady = first.nextReady
    first.nextReady = undefined
    if (!this.#firstReady) this.#lastReady = undefined
  }

  /** Ends it at some time, in milliseconds since the epoch. */
  #endAt(time: number): void {
    const left = time - Date.now()
    const act = left > maxTimerMs ? () => this.#endAt(time) : () => this.end('unauthorized')
    this.#expiry = setTimeout(act, Math.min(Math.max(left, 0), maxTimerMs)).unref()
  }

  #release(reason: DisconnectReason): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#expiry)
    for (const subscription of this.#subscriptions) {
      subscription.end()
      this.#home.hub.leave(subscription.topic, subscription)
    }
    this.#subscriptions.clear()
    this.#firstReady = undefined
    this.#lastReady = undefined
    this.#home.connections.delete(this)
    this.#home.admission.release(this.info)
    const durationMs = performance.now() - this.#openedAt
    this.#home.hooks.disconnected?.({ ...this.info, reason, durationMs })
    this.#owner?.released()
  }
}
