import { encodeSignal, formatCursor, type ServerGapReason, withId } from '@tidings/core/wire'
import { Chunk } from '../http/chunk.js'
import { PendingFrames, type Piece } from './pending-frames.js'
import { cursorOf, gapAtStart, missedError, type Start } from './start.js'
import type { ReaderConnection, Topic, TopicReader } from './topic.js'
import type { TopicHolder } from './topic-limits.js'

/** A connection, as its subscriptions see it. */
export interface SubscriptionConnection extends ReaderConnection {
  /** The client. */
  readonly identity: TopicHolder
  /** Called outside a flush when the subscription has something to {@link Subscription.take}. */
  onReady(subscription: Subscription): void
  /** Called when the subscription has missed events. Its client is about to receive a gap. */
  onGap(subscription: Subscription, reason: ServerGapReason): void
  /** Called when the subscription cannot continue. */
  onFailed(subscription: Subscription, error: unknown): void
  /** Called when a snapshot that was requested between events failed to load. The subscription continues. */
  onNotRefreshed(subscription: Subscription, error: unknown): void
  /**
   * Reserves bytes for a snapshot until the client has read it. Returns whether there is room. If not, the
   * subscription drops the snapshot, and the connection {@link Subscription.reload}s it later.
   */
  hold(subscription: Subscription, bytes: number): boolean
  /** Releases bytes that were reserved by {@link hold}. */
  release(bytes: number): void
}

/**
 * One subscriber's cursor on one log.
 *
 * A subscription has no queue. Its connection takes the events after the cursor when the socket has room.
 * Live delivery, resume and a slow reader that catches up are the same operation.
 */
export class Subscription implements TopicReader {
  readonly topic: Topic
  /** The key of the topic as the client spelled it, on a shared connection. */
  readonly label: string | undefined
  isReady = false
  nextReady: Subscription | undefined
  readonly connection: SubscriptionConnection
  /** The frames that precede the events after the cursor. */
  #pending: PendingFrames | undefined
  #seq: number
  /** `dropped`: there was no room for the snapshot, which is to be loaded again. */
  #phase: 'reading' | 'loading' | 'dropped' | 'paused' | 'ended' = 'reading'
  /** The load of the snapshot with which the subscription begins, or continues after a gap. */
  #loading: Promise<unknown> | undefined
  /**
   * The load of a snapshot that was requested between events, until it is loaded or superseded. See decision
   * 003.
   */
  #refreshing: Promise<unknown> | 'dropped' | undefined

  /** @param open the frame that begins the subscription, without an id */
  constructor(topic: Topic, connection: SubscriptionConnection, start: Start, open: string, label?: string) {
    this.topic = topic
    this.label = label
    this.connection = connection
    this.#seq = topic.log.head
    this.#begin(start, open)
  }

  get holder(): TopicHolder {
    return this.connection.identity
  }

  /** Whether there is something to take. */
  get hasMore(): boolean {
    return this.#pending !== undefined || (this.#phase === 'reading' && this.#seq < this.topic.log.head)
  }

  /** Whether the client has something left to read, including a snapshot that was dropped. */
  get isPending(): boolean {
    return this.hasMore || this.#phase === 'dropped' || this.#refreshing === 'dropped'
  }

  get position(): number {
    return this.#seq
  }

  /** Whether the last frame of the log was taken. */
  get isComplete(): boolean {
    const { log } = this.topic
    return log.hasEnded && this.#seq === log.head && this.#pending === undefined
  }

  /** Whether a snapshot that was requested between events is still to be written. */
  get isRefreshing(): boolean {
    return this.#refreshing !== undefined || this.#pending?.refreshed !== undefined
  }

  /** Voids the cursor, and a snapshot that is being loaded: the log has begun another epoch. */
  onRestarted(): void {
    if (this.#phase === 'ended') return
    if (this.topic.channel.isGapless) {
      this.#fail('history_lost')
      return
    }
    this.#gap('history_lost', this.topic.log.head)
    this.connection.onReady(this)
  }

  onDropped(): void {
    if (this.#phase !== 'ended') this.#fail('expired')
  }

  /** Takes no more events. The client subscribes again to continue. */
  pause(): void {
    if (this.#phase === 'reading') this.#phase = 'paused'
  }

  /** Removes and returns the next frames, and moves the cursor past them. */
  take(): Piece | undefined {
    const pending = this.#takePending()
    if (pending) return pending
    if (this.#phase !== 'reading') return undefined
    const { log, channel } = this.topic
    if (!log.reaches(this.#seq)) {
      if (channel.isGapless) {
        this.#fail('expired')
        return undefined
      }
      this.#gap('expired')
      return this.take()
    }
    const batch = log.readFrom(this.#seq)
    if (!batch) return undefined
    this.#seq = batch.seq
    this.topic.onRead?.()
    return batch
  }

  /**
   * Loads another snapshot, which is written between events without delaying them. Does nothing if a snapshot
   * is being loaded anyway, or the channel has none. See decision 003.
   */
  refresh(): void {
    if (this.#phase !== 'reading' || !this.topic.hasSnapshot) return
    const refreshing = this.topic.loadSnapshot(this.#seq)
    this.#refreshing = refreshing
    refreshing.then(
      ({ chunk }) => {
        if (this.#refreshing !== refreshing) return
        // A refreshed snapshot that the client has not read yet is older.
        this.#release(this.#pending?.dropRefreshed() ?? 0)
        this.#refreshing = this.connection.hold(this, chunk.byteLength) ? undefined : 'dropped'
        if (this.#refreshing) {
          if (this.#pending?.isEmpty) this.#pending = undefined
          return
        }
        this.#pend().refreshed = { chunk, count: 0 }
        this.connection.onReady(this)
      },
      (error: unknown) => {
        if (this.#refreshing !== refreshing) return
        this.#refreshing = undefined
        this.connection.onNotRefreshed(this, error)
      },
    )
  }

  /** Loads a snapshot again for which there was no room. Returns whether there is one. */
  reload(): boolean {
    if (this.#phase === 'dropped') {
      // The next snapshot includes the events since the dropped one, and they will not be sent.
      if (this.topic.log.head > this.#seq) {
        this.#gap('expired')
        this.connection.onReady(this)
      } else this.#load(this.#seq)
      return true
    }
    if (this.#refreshing !== 'dropped') return false
    this.refresh()
    return true
  }

  /** Ends the subscription, which has nothing more to take. */
  end(): void {
    this.#phase = 'ended'
    this.#release(this.#pending?.heldBytes ?? 0)
    this.#pending = undefined
    this.#loading = undefined
    this.#refreshing = undefined
  }

  #begin(start: Start, open: string): void {
    const reason = gapAtStart(this.topic, start)
    if (start.kind !== 'head' && !reason) {
      this.#seq = cursorOf(start)?.seq ?? 0
      this.#pend().open = { chunk: this.#withCursor(open), count: 0 }
      return
    }
    // No id before a snapshot or gap: a client that is disconnected in between must not resume past it. See
    // decision 002.
    const chunk = reason || this.topic.hasSnapshot ? new Chunk(open) : this.#withCursor(open)
    this.#pend().open = { chunk, count: 0 }
    if (reason) this.#gap(reason)
    else if (this.topic.hasSnapshot) this.#load()
  }

  /** Ends the subscription to a gapless log, whose events it missed. */
  #fail(reason: ServerGapReason): void {
    this.#phase = 'ended'
    // Later: the connection may be writing.
    queueMicrotask(() => this.connection.onFailed(this, missedError(reason)))
  }

  /**
   * Continues from the head after a gap, which a snapshot at `missedAt` or later heals. Drops an earlier gap
   * or snapshot that the client has not read.
   */
  #gap(reason: ServerGapReason, missedAt = this.#seq): void {
    const { log, hasSnapshot } = this.topic
    this.#seq = log.head
    // A refreshed snapshot would be older than the gap. The snapshot that heals the gap follows.
    this.#refreshing = undefined
    const cursor = formatCursor(log.cursorAt(this.#seq))
    const about = this.label === undefined ? undefined : { topic: this.label }
    const body = encodeSignal('$gap', { reason, cursor, ...about })
    const pending = this.#pend()
    const isFirst = pending.gap === undefined
    this.#release(
      pending.replaceByGap({ chunk: hasSnapshot ? new Chunk(body) : this.#withCursor(body), count: 0 }),
    )
    if (isFirst) this.connection.onGap(this, reason)
    if (hasSnapshot) this.#load(missedAt)
  }

  #load(atLeast = 0): void {
    this.#phase = 'loading'
    const loading = this.topic.loadSnapshot(atLeast)
    this.#loading = loading
    loading.then(
      ({ seq, chunk }) => {
        if (this.#loading !== loading) return
        this.#loading = undefined
        // At once, though the client may take long to read: the log releases these events now. See decision
        // 007.
        const meanwhile = this.topic.log.reaches(seq) ? this.topic.log.readFrom(seq, 'all') : undefined
        if (this.connection.hold(this, chunk.byteLength + (meanwhile?.chunk.byteLength ?? 0))) {
          this.#phase = 'reading'
          this.#seq = meanwhile?.seq ?? seq
          const pending = this.#pend()
          pending.snapshot = { chunk, count: 0 }
          pending.meanwhile = meanwhile
          this.connection.onReady(this)
        } else {
          this.#phase = 'dropped'
          this.#seq = seq
        }
      },
      (error: unknown) => {
        if (this.#loading === loading) this.connection.onFailed(this, error)
      },
    )
  }

  #pend(): PendingFrames {
    this.#pending ??= new PendingFrames()
    return this.#pending
  }

  #takePending(): Piece | undefined {
    const pending = this.#pending
    if (!pending) return undefined
    const held = pending.heldBytes
    const piece = pending.take()
    this.#release(held - pending.heldBytes)
    // Most subscriptions have none, and an empty object would take memory.
    if (pending.isEmpty) this.#pending = undefined
    return piece
  }

  #release(bytes: number): void {
    if (bytes > 0) this.connection.release(bytes)
  }

  #withCursor(body: string): Chunk {
    return new Chunk(withId(formatCursor(this.topic.log.cursorAt(this.#seq)), body))
  }
}
