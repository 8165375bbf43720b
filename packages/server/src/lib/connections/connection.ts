import { encodeSignal, maxTimerMs, type ServerGapReason, toProblem } from '@tidings/core/wire'
import type { ConnectionInfo, DisconnectReason, Hooks } from '../hooks.js'
import type { Sink, SinkListener } from '../http/adapter.js'
import { Chunk } from '../http/chunk.js'
import { MonitoredSink, type MonitoredSinkCallbacks, type MonitoredSinkDeps } from '../http/monitored-sink.js'
import type { Piece } from '../log/pending-frames.js'
import type { Subscription, SubscriptionCallbacks } from '../log/subscription.js'
import type { TopicRegistry } from '../log/topic-registry.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import type { Admission } from './admission.js'
import { ReadyList } from './ready-list.js'
import { type SnapshotBytes, SnapshotRoom } from './snapshot-room.js'

/** What a connection needs of its server. */
export interface ConnectionDeps extends MonitoredSinkDeps {
  readonly topics: TopicRegistry
  readonly writes: WriteBatcher
  readonly admission: Admission
  readonly hooks: Hooks
  readonly connections: Set<Connection>
  readonly snapshotBytes: SnapshotBytes
  readonly options: MonitoredSinkDeps['options'] & { readonly maxConnectionMs: number }
}

/** Whoever shares a connection out among topics. Without one, it is a single topic's own. */
export interface ConnectionCallbacks {
  /** What goes out where the connection would be silent for too long. */
  readonly heartbeat: Chunk
  /** The keys of the topics that are about to be carried. */
  readonly entering: Iterable<string>
  /** A subscription cannot go on. */
  onFailed(subscription: Subscription, error: unknown): void
  /** A subscription goes on, but without the snapshot it was asked for. */
  onNotRefreshed(subscription: Subscription, error: unknown): void
  /** Asks the client to prove who it is within so many milliseconds. */
  requestReauthorization(withinMs: number): void
  /** The connection is over. */
  onReleased(): void
}

/**
 * One response that carries subscriptions.
 *
 * It keeps no frames: what it has not written yet stands in the logs. While its socket is full it notes who has
 * something to say, and asks them when the socket has drained.
 */
export class Connection implements MonitoredSinkCallbacks, SubscriptionCallbacks, SinkListener {
  readonly info: ConnectionInfo
  readonly #deps: ConnectionDeps
  readonly #callbacks: ConnectionCallbacks | undefined
  readonly #sink: MonitoredSink
  readonly #subscriptions = new Set<Subscription>()
  /** The subscriptions that have something to write. */
  readonly #ready = new ReadyList<Subscription>()
  readonly #openedAt = performance.now()
  readonly #lifeMs: number
  #expiry: NodeJS.Timeout | undefined
  #isOver = false
  /** Whether the connection is about to be flushed. */
  #isFlushDue = false
  /** There once it carries a snapshot. */
  #room: SnapshotRoom | undefined

  /** @param expiresAt when it ends, for its client to be asked anew who it is: in milliseconds since the epoch, or Infinity */
  constructor(
    home: ConnectionDeps,
    sink: Sink,
    info: ConnectionInfo,
    expiresAt: number,
    owner?: ConnectionCallbacks,
  ) {
    this.#deps = home
    this.info = info
    this.#callbacks = owner
    // Connections that were opened together do not end together.
    this.#lifeMs = home.options.maxConnectionMs * (1 - Math.random() / 5)
    if (expiresAt !== Number.POSITIVE_INFINITY) this.#endAt(expiresAt)
    this.#sink = new MonitoredSink(home, sink, this)
    home.connections.add(this)
    home.hooks.connected?.(info)
  }

  /** How many of its subscriptions are owed something that its client has no room for. */
  get laggingCount(): number {
    if (!this.#sink.isFull) return 0
    let count = 0
    for (const subscription of this.#subscriptions) if (subscription.isPending) count += 1
    return count
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#subscriptions
  }

  /** The keys of the topics that it is about to carry. */
  get entering(): Iterable<string> {
    return this.#callbacks?.entering ?? []
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get heartbeat(): Chunk | undefined {
    return this.#callbacks?.heartbeat
  }

  /** Takes a subscription, or ends it at once where the connection is over already. */
  add(subscription: Subscription): void {
    if (this.#isOver) {
      subscription.end()
      return
    }
    this.#subscriptions.add(subscription)
    this.#deps.topics.join(subscription.topic, subscription)
    this.onReady(subscription)
  }

  /** Lets go of a subscription, and goes on without it. */
  remove(subscription: Subscription): void {
    subscription.end()
    if (this.#room?.forget(subscription)) this.#flushSoon()
    if (this.#subscriptions.delete(subscription)) this.#deps.topics.leave(subscription.topic, subscription)
  }

  enqueue(subscription: Subscription): boolean {
    if (this.#isOver || subscription.isReady) return false
    this.#ready.append(subscription)
    if (this.#isFlushDue) return false
    this.#isFlushDue = true
    return true
  }

  onReady(subscription: Subscription): void {
    if (this.enqueue(subscription)) this.#deps.writes.flushSoon(this)
  }

  onGap({ topic }: Subscription, reason: ServerGapReason): void {
    this.#deps.counters.gaps += 1
    this.#deps.hooks.gap?.({ ...this.info, topic: topic.key, reason })
  }

  onFailed(subscription: Subscription, error: unknown): void {
    if (this.#isOver) return
    if (this.#callbacks) {
      this.#callbacks.onFailed(subscription, error)
      return
    }
    // A topic's own connection ends with its one subscription.
    const problem = toProblem(this.#deps.publicError(error, subscription.topic.key))
    this.end('failed', encodeSignal('$error', problem))
  }

  onNotRefreshed(subscription: Subscription, error: unknown): void {
    if (this.#room?.forget(subscription)) this.#flushSoon()
    this.#callbacks?.onNotRefreshed(subscription, error)
  }

  hold(subscription: Subscription, bytes: number): boolean {
    this.#room ??= new SnapshotRoom(this.#deps.snapshotBytes)
    const isHeld = this.#room.hold(subscription, bytes, this.#sink.isWritable)
    // Where nothing else is written, nothing would be reloaded.
    if (!isHeld) this.#flushSoon()
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
    if (this.#callbacks) this.#callbacks.requestReauthorization(withinMs)
    else this.end('unauthorized')
  }

  /** Writes something about the connection itself, whether its client has room for it or not; see {@link MonitoredSink.writeUnbuffered}. */
  writeSignal(text: string): void {
    this.#sink.writeUnbuffered(new Chunk(text))
  }

  flush(): void {
    this.#isFlushDue = false
    this.#write()
    if (this.#room && this.#sink.isWritable) this.#room.reloadNext()
  }

  #write(): void {
    const outlet = this.#sink
    if (!outlet.isWritable) return
    const piece = this.#take()
    if (!piece) return
    if (!this.#ready.first) {
      outlet.write(piece.chunk)
      return
    }
    outlet.together(() => {
      for (let next: Piece | undefined = piece; next; next = outlet.isWritable ? this.#take() : undefined) {
        outlet.write(next.chunk)
      }
    })
  }

  onBeat(): void {
    const { beatMs } = this.#deps.heartbeat
    if (performance.now() - this.#openedAt + beatMs >= this.#lifeMs) this.end('expired')
  }

  onCut(reason: 'stalled' | 'failed', error?: unknown): void {
    this.#release(reason)
    if (error !== undefined) this.#deps.publicError(error, this.info.topic ?? 'the shared connection')
  }

  /** Ends the response, with some last words. */
  end(reason: DisconnectReason, last?: string): void {
    if (this.#isOver) return
    this.flush()
    if (last) this.writeSignal(last)
    this.#release(reason)
    this.#sink.end()
  }

  onDrained(): void {
    if (this.#sink.onDrained()) this.flush()
  }

  onClosed(): void {
    this.#sink.onClosed()
    this.#release('left')
  }

  /** The next that is owed to anyone. Who is owed more gets it when those after it have had their turn. */
  #take(): Piece | undefined {
    for (let first = this.#ready.first; first; first = this.#ready.first) {
      const piece = first.take()
      this.#ready.shift()
      if (first.hasMore) this.#ready.append(first)
      if (!piece) continue
      this.#deps.counters.deliveries += piece.count
      return piece
    }
    return undefined
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    this.#deps.writes.flushSoon(this)
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
      this.#deps.topics.leave(subscription.topic, subscription)
    }
    this.#subscriptions.clear()
    this.#ready.clear()
    this.#deps.connections.delete(this)
    this.#deps.admission.release(this.info)
    const durationMs = performance.now() - this.#openedAt
    this.#deps.hooks.disconnected?.({ ...this.info, reason, durationMs })
    this.#callbacks?.onReleased()
  }
}
