import { type Cursor, encodeSignal, formatCursor, type ServerGapReason, withId } from '@tidings/core/wire'
import { Chunk } from '../http/chunk.js'
import { PendingFrames, type Piece } from './pending-frames.js'
import type { ReaderConnection, Topic, TopicReader } from './topic.js'
import type { TopicHolder } from './topic-limits.js'

/** The connection of a subscription. */
export interface SubscriptionCallbacks extends ReaderConnection {
  /** The client. */
  readonly info: TopicHolder
  /** The subscription has something to {@link Subscription.take}. */
  onReady(subscription: Subscription): void
  /** The subscription has missed events, and is about to say so. */
  onGap(subscription: Subscription, reason: ServerGapReason): void
  /** The subscription cannot go on. */
  onFailed(subscription: Subscription, error: unknown): void
  /** A snapshot that was asked for between events could not be loaded. The subscription goes on. */
  onNotRefreshed(subscription: Subscription, error: unknown): void
  /**
   * Whether so many bytes of a snapshot may wait for the client to read them, until they are {@link release}d. If not, the
   * subscription drops the snapshot, and the owner has it {@link Subscription.reload} later.
   */
  hold(subscription: Subscription, bytes: number): boolean
  /** So many bytes of a snapshot wait no longer. */
  release(bytes: number): void
}

/** Where a subscription begins: at the head of the log, or where the client says that it was. */
export type Start =
  | { readonly kind: 'head' }
  | { readonly kind: 'resume'; readonly cursor: Cursor | undefined }

/** The cursor that a subscription begins with, if it has a valid one. */
export function cursorOf(start: Start): Cursor | undefined {
  return start.kind === 'resume' ? start.cursor : undefined
}

/** Why a subscription that begins there has missed events; nothing if it has not. */
export function gapAtStart({ log }: Topic, start: Start): ServerGapReason | undefined {
  if (start.kind === 'head') return undefined
  return start.cursor ? log.gapAt(start.cursor) : 'invalid'
}

/**
 * One subscriber's cursor on one log.
 *
 * It holds no queue. Whoever carries it asks for what follows the cursor when its socket takes more; live delivery,
 * resume and a slow reader's catching up are all that one question.
 */
export class Subscription implements TopicReader {
  readonly topic: Topic
  /** What its client calls the topic, where it has to be told which one is meant: on a shared connection. */
  readonly label: string | undefined
  /** Whether its carrier has noted that it has something to say, and who has after it: a list that takes no room. */
  isReady = false
  nextReady: Subscription | undefined
  readonly connection: SubscriptionCallbacks
  /** What goes out before the events that follow the cursor. */
  #pending: PendingFrames | undefined
  #seq: number
  /** `dropped`: its snapshot was loaded and is to be loaded again, for there was no room to keep it. */
  #phase: 'reading' | 'loading' | 'dropped' | 'ended' = 'reading'
  /** The load of the snapshot that it begins with, or goes on with after a gap. */
  #loading: Promise<unknown> | undefined
  /** The load of a snapshot that was asked for between events, until it is there, overtaken or dropped. */
  #refreshing: Promise<unknown> | 'dropped' | undefined

  /** @param open the frame that begins the subscription, without an id */
  constructor(topic: Topic, connection: SubscriptionCallbacks, start: Start, open: string, label?: string) {
    this.topic = topic
    this.label = label
    this.connection = connection
    this.#seq = topic.log.head
    this.#begin(start, open)
  }

  get holder(): TopicHolder {
    return this.connection.info
  }

  /** Whether there is something to take. */
  get hasMore(): boolean {
    return this.#pending !== undefined || (this.#phase === 'reading' && this.#seq < this.topic.log.head)
  }

  /** Whether its client is owed something that is there, or would be if there were room to keep it. */
  get isPending(): boolean {
    return this.hasMore || this.#phase === 'dropped' || this.#refreshing === 'dropped'
  }

  /** Whether a snapshot that was asked for between events is still on its way. */
  get isRefreshing(): boolean {
    return this.#refreshing !== undefined || this.#pending?.refreshed !== undefined
  }

  /** The log has begun another life: its cursor is void, and a snapshot on its way is of no use. */
  onRestarted(): void {
    if (this.#phase === 'ended') return
    this.#gap('history_lost', this.topic.log.head)
    this.connection.onReady(this)
  }

  /** Hands over some of what the subscriber is owed, and moves its cursor past it. */
  take(): Piece | undefined {
    const pending = this.#takePending()
    if (pending) return pending
    if (this.#phase !== 'reading') return undefined
    const { log } = this.topic
    if (!log.reaches(this.#seq)) {
      this.#gap('expired')
      return this.take()
    }
    const batch = log.readFrom(this.#seq)
    if (batch) this.#seq = batch.seq
    return batch
  }

  /**
   * Hands over the topic's state once more, as it is now or later, between the events and without holding them up: for
   * a subscriber that joins others in the client. Does nothing where a snapshot is on its way anyhow, or there is none.
   */
  refresh(): void {
    if (this.#phase !== 'reading' || !this.topic.hasSnapshot) return
    const refreshing = this.topic.loadSnapshot(this.#seq)
    this.#refreshing = refreshing
    refreshing.then(
      ({ chunk }) => {
        if (this.#refreshing !== refreshing) return
        // The one before, if its client has not read it, is older.
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

  /** Loads the snapshot again that there was no room for, and says whether there is one to load. */
  reload(): boolean {
    if (this.#phase === 'dropped') {
      // What was emitted since it was dropped precedes the next one, and will not be sent.
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

  /** Lets go of the topic. Nothing is taken from then on. */
  end(): void {
    this.#phase = 'ended'
    this.#release(this.#pending?.heldBytes ?? 0)
    this.#pending = undefined
    this.#loading = undefined
    this.#refreshing = undefined
  }

  #begin(start: Start, open: string): void {
    const reason = gapAtStart(this.topic, start)
    if (start.kind === 'resume' && start.cursor && !reason) {
      this.#seq = start.cursor.seq
      this.#pend().open = { chunk: this.#withCursor(open), count: 0 }
      return
    }
    // No id before a snapshot or gap is there: a client cut off in between must not resume as if it had seen it.
    const chunk = reason || this.topic.hasSnapshot ? new Chunk(open) : this.#withCursor(open)
    this.#pend().open = { chunk, count: 0 }
    if (reason) this.#gap(reason)
    else if (this.topic.hasSnapshot) this.#load()
  }

  /**
   * Goes on from the head, and says so. A snapshot that stands for `missedAt` or later heals it. What its client has not
   * read of a gap or snapshot before this one is void.
   */
  #gap(reason: ServerGapReason, missedAt = this.#seq): void {
    const { log, hasSnapshot } = this.topic
    this.#seq = log.head
    // What it would stand for lies before the gap; the snapshot that heals it follows.
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
        // At once, though its client may take long to read: the log lets go of it now.
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
    // Mostly there is none, and an empty one takes room.
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
