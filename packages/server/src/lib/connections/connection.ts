import { encodeSignal, maxTimerMs, type ServerGapReason, toProblem } from '@tidings/core/wire'
import type { ConnectionInfo, DisconnectReason, Hooks } from '../hooks.js'
import type { Sink, SinkListener } from '../http/adapter.js'
import { Chunk } from '../http/chunk.js'
import { MonitoredSink, type MonitoredSinkCallbacks, type MonitoredSinkDeps } from '../http/monitored-sink.js'
import type { Subscription, SubscriptionConnection } from '../log/subscription.js'
import type { Departure } from '../log/topic.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import type { Admission } from './admission.js'
import { type ConnectionIdentity, connectionInfo } from './connection-identity.js'
import { ReadyList } from './ready-list.js'
import { type SnapshotBytes, SnapshotRoom } from './snapshot-room.js'

/** About how many bytes are joined to one chunk: as many as a socket buffers before it counts as full. */
const maxJoinedBytes = 16 * 1024

export interface ConnectionDeps extends MonitoredSinkDeps {
  readonly writes: WriteBatcher
  readonly admission: Admission
  readonly hooks: Hooks
  /** The server's open connections. */
  readonly connections: Set<Connection>
  readonly snapshotBytes: SnapshotBytes
  readonly options: MonitoredSinkDeps['options'] & { readonly maxConnectionMs: number }
}

/** A shared connection, as its response sees it. A connection of a single topic has none. */
export interface ConnectionCallbacks {
  /** The chunk that keeps the connection alive. */
  readonly heartbeat: Chunk
  /** The keys of the topics that are being subscribed to. */
  readonly entering: Iterable<string>
  /** Called when a subscription cannot continue. */
  onFailed(subscription: Subscription, error: unknown): void
  /** Called when the last frame of a subscription's log was written. */
  onCompleted(subscription: Subscription): void
  /** Called when a subscription continues without the snapshot that was requested. */
  onNotRefreshed(subscription: Subscription, error: unknown): void
  /** Asks the client to authenticate again within so many milliseconds. */
  requestReauthorization(withinMs: number): void
  /** Called when the connection is over. */
  onReleased(): void
}

/**
 * One response that carries subscriptions.
 *
 * A connection keeps no frames: what is not written yet is in the logs. While its socket is full, it keeps a
 * list of the subscriptions that have something to write.
 */
export class Connection implements MonitoredSinkCallbacks, SubscriptionConnection, SinkListener {
  readonly identity: ConnectionIdentity
  readonly #deps: ConnectionDeps
  readonly #callbacks: ConnectionCallbacks | undefined
  readonly #sink: MonitoredSink
  readonly #subscriptions = new Set<Subscription>()
  /** The subscriptions that have something to write. */
  readonly #ready = new ReadyList<Subscription>()
  readonly #openedAt = performance.now()
  readonly #lifeMs: number
  #expiry: Timer | undefined
  #isOver = false
  /** The topics of a shared connection when it ended. */
  #lastTopics: readonly string[] | undefined
  /** Whether a flush is scheduled or under way that includes the connection. */
  #isFlushDue = false
  /** Whether frames were taken that are not written yet. */
  #isTaking = false
  /** Present once a snapshot was loaded. */
  #room: SnapshotRoom | undefined
  /** The subscriptions whose last frame is being written. */
  #completed: Subscription[] = []

  /** @param expiresAt when the client's credentials expire, in milliseconds since the epoch, or Infinity */
  constructor(
    deps: ConnectionDeps,
    sink: Sink,
    identity: ConnectionIdentity,
    expiresAt: number,
    callbacks?: ConnectionCallbacks,
  ) {
    this.#deps = deps
    this.identity = identity
    this.#callbacks = callbacks
    // Random, so that connections that were opened together do not end together.
    this.#lifeMs = deps.options.maxConnectionMs * (1 - Math.random() / 5)
    if (expiresAt !== Number.POSITIVE_INFINITY) this.#endAt(expiresAt)
    this.#sink = new MonitoredSink(deps, sink, this)
    deps.connections.add(this)
    deps.hooks.connected?.(this.describe())
  }

  /** The number of subscriptions with something to write that the client has no room for. */
  get laggingCount(): number {
    if (!this.#sink.isFull) return 0
    let count = 0
    for (const subscription of this.#subscriptions) if (subscription.isPending) count += 1
    return count
  }

  /** Milliseconds since the connection was opened. */
  get ageMs(): number {
    return performance.now() - this.#openedAt
  }

  /** Whether the connection carries a run that goes on. */
  get carriesRun(): boolean {
    for (const { topic } of this.#subscriptions)
      if (topic.channel.isGapless && !topic.log.hasEnded) return true
    return false
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#subscriptions
  }

  /** Returns the connection as hooks and predicates receive it. */
  describe(): ConnectionInfo {
    return connectionInfo(this.identity, {}, () => this.#topics())
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get heartbeat(): Chunk | undefined {
    return this.#callbacks?.heartbeat
  }

  /** Adds a subscription, or ends it if the connection is over. */
  add(subscription: Subscription): void {
    if (this.#isOver) {
      subscription.end()
      return
    }
    this.#subscriptions.add(subscription)
    subscription.topic.owner.join(subscription.topic, subscription)
    this.onReady(subscription)
  }

  /** Ends a subscription. The connection continues without it. */
  remove(subscription: Subscription, how: Departure = 'lost'): void {
    subscription.end()
    if (this.#room?.forget(subscription)) this.#flushSoon()
    const { topic } = subscription
    if (this.#subscriptions.delete(subscription)) topic.owner.leave(topic, subscription, how)
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
    this.#deps.hooks.gap?.(connectionInfo(this.identity, { topic: topic.key, reason }, () => this.#topics()))
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
    // A flush reloads the snapshot, and there may be nothing else to write.
    if (!isHeld) this.#flushSoon()
    return isHeld
  }

  release(bytes: number): void {
    this.#room?.release(bytes)
  }

  /**
   * Has the client authenticate again within so many milliseconds, or ends the connection. A connection of a
   * single topic ends at once, and its client authenticates when it reconnects.
   */
  reauthorize(withinMs: number): void {
    if (this.#callbacks) this.#callbacks.requestReauthorization(withinMs)
    else this.end('unauthorized')
  }

  /** Writes a signal about the connection itself; see {@link MonitoredSink.writeUnbuffered}. */
  writeSignal(text: string): void {
    this.#sink.writeUnbuffered(new Chunk(text))
  }

  flush(): void {
    this.#isFlushDue = false
    this.#write()
    if (this.#room && this.#sink.isWritable) this.#room.reloadNext()
  }

  #write(): void {
    const sink = this.#sink
    // A hook that is called for a gap may flush, and what was taken before precedes the rest.
    if (!sink.isWritable || this.#isTaking) return
    const chunk = this.#take()
    if (!chunk) return
    if (!this.#ready.first) {
      sink.write(chunk)
    } else {
      sink.together(() => {
        for (let next: Chunk | undefined = chunk; next; next = sink.isWritable ? this.#take() : undefined) {
          sink.write(next)
        }
      })
    }
    if (this.#completed.length > 0) this.#complete()
  }

  /** Drops the subscriptions that have written their last frame. A connection of a single topic ends with it. */
  #complete(): void {
    for (const subscription of this.#completed.splice(0)) {
      if (this.#callbacks) this.#callbacks.onCompleted(subscription)
      else this.end('completed')
    }
  }

  onBeat(): void {
    const { beatMs } = this.#deps.heartbeat
    if (this.ageMs + beatMs >= this.#lifeMs) this.end('expired')
  }

  onCut(reason: 'stalled' | 'failed', error?: unknown): void {
    this.#release(reason)
    if (error !== undefined) this.#deps.publicError(error, this.identity.topic ?? 'the shared connection')
  }

  /** Ends the response, after a last frame if one is given. */
  end(reason: DisconnectReason, lastFrame?: string): void {
    if (this.#isOver) return
    this.flush()
    if (lastFrame) this.writeSignal(lastFrame)
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

  /**
   * Takes frames of the first subscription that is ready. If it has more, it goes behind the others.
   *
   * Frames that no other connection shares are joined with those of the next subscriptions. With an event in each of
   * many topics, a write for each would give the client as many chunks of HTTP to read.
   */
  #take(): Chunk | undefined {
    const chunks: Chunk[] = []
    let length = 0
    this.#isTaking = true
    for (let first = this.#ready.first; first && length < maxJoinedBytes; first = this.#ready.first) {
      const isShared = first.topic.readers.size > 1
      if (isShared && chunks.length > 0) break
      const piece = first.take()
      this.#ready.shift()
      if (first.hasMore) this.#ready.append(first)
      if (!piece) continue
      this.#deps.counters.deliveries += piece.count
      if (first.isComplete) this.#completed.push(first)
      chunks.push(piece.chunk)
      length += piece.chunk.byteLength
      if (isShared) break
    }
    this.#isTaking = false
    return chunks.length > 1 ? Chunk.join(chunks) : chunks[0]
  }

  /** The keys of the topics that the connection carries, or that its client is subscribing to. */
  #topics(): readonly string[] {
    const { topic } = this.identity
    if (topic !== undefined) return [topic]
    if (this.#lastTopics) return this.#lastTopics
    // A topic that is subscribed to again is in both.
    const keys = new Set(this.#callbacks?.entering)
    for (const subscription of this.#subscriptions) keys.add(subscription.topic.key)
    return [...keys]
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    this.#deps.writes.flushSoon(this)
  }

  /** Ends the connection at a time, in milliseconds since the epoch. */
  #endAt(time: number): void {
    const left = time - Date.now()
    const act = left > maxTimerMs ? () => this.#endAt(time) : () => this.end('unauthorized')
    this.#expiry = setBackgroundTimeout(act, Math.min(Math.max(left, 0), maxTimerMs))
  }

  #release(reason: DisconnectReason): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#expiry)
    this.#lastTopics = this.#topics()
    for (const subscription of this.#subscriptions) {
      subscription.end()
      subscription.topic.owner.leave(subscription.topic, subscription, 'lost')
    }
    this.#subscriptions.clear()
    this.#ready.clear()
    this.#deps.connections.delete(this)
    this.#deps.admission.release(this.identity)
    const info = { reason, durationMs: this.ageMs }
    this.#deps.hooks.disconnected?.(connectionInfo(this.identity, info, () => this.#topics()))
    this.#callbacks?.onReleased()
  }
}
