import { encodeSignal, formatCursor, withId } from '@tidings/core/wire'
import { Chunk } from '../http/chunk.js'
import type { Follower } from './follower.js'
import type { Log } from './log.js'
import type { SourceRun } from './source-run.js'
import type { TopicHolder } from './topic-limits.js'
import type { ChannelSettings, TopicRef } from './topic-ref.js'

/**
 * How a subscription left its topic.
 *
 * - `detached`: its client unsubscribed.
 * - `lost`: its connection ended, or the subscription failed or was replaced. The client may return.
 */
export type Departure = 'detached' | 'lost'

/** A subscription, as its topic sees it. */
export interface TopicReader {
  /** The client that reads. */
  readonly holder: TopicHolder
  readonly connection: ReaderConnection
  /** The position of the newest event that was written to the client. */
  readonly position: number
  /** Whether the reader has something to write. */
  readonly hasMore: boolean
  /** Called when the log begins another epoch. */
  onRestarted(): void
  /** Called when the log is dropped, which the reader has not read to its end. Only the log of a run is. */
  onDropped(): void
}

/** A connection, as what it writes sees it. */
export interface ReaderConnection {
  /** Queues a reader that has something to write. Returns whether the caller has to flush the connection. */
  enqueue(reader: TopicReader): boolean
  /** Writes what its readers have, as far as its client has room for it. */
  flush(): void
}

/** The holder of a topic, which follows the topic's readers. */
export interface TopicOwner {
  /** Adds a reader. */
  join(topic: Topic, reader: TopicReader): void
  /** Removes a reader. */
  leave(topic: Topic, reader: TopicReader, how: Departure): void
  /** Called when what was appended in a turn of the event loop was written to the readers that had room. */
  onWritten(topic: Topic, now: number): void
}

/** A snapshot, encoded, and its position in the log: the events after that position follow the snapshot. */
export interface Snapshot {
  readonly seq: number
  /** The position in the epoch in which the load began. */
  readonly cursor: string
  /** The state, encoded as JSON. */
  readonly state: unknown
  readonly chunk: Chunk
}

/** One topic of a channel, or a run: its log and its readers. */
export class Topic implements TopicRef {
  readonly key: string
  readonly channel: ChannelSettings
  readonly log: Log
  readonly owner: TopicOwner
  /** In the order in which they came. */
  readonly readers = new Set<TopicReader>()
  /** Present once it was started; see {@link ChannelSettings.runSource}. */
  source: SourceRun | undefined
  /** Keeps the log in step with the bus'; absent without a bus. */
  follower: Follower | undefined
  /** The client that the topic counts for, while it has readers. */
  holder: TopicHolder | undefined
  /** Whether the registry has released the topic: it may have another with the same key. */
  isDropped = false
  /** When the topic was last emitted to or left, in milliseconds of a monotonic clock. */
  usedAt = 0
  /** Called when a reader has taken events; absent while nothing waits for that. */
  onRead: (() => void) | undefined
  readonly #ref: TopicRef
  readonly #onLoaded: (topic: Topic) => void
  #loading: { seq: number; snapshot: Promise<Snapshot> } | undefined

  /** @param onLoaded called when a snapshot has loaded or failed to */
  constructor(ref: TopicRef, log: Log, owner: TopicOwner, onLoaded: (topic: Topic) => void = () => {}) {
    this.key = ref.key
    this.channel = ref.channel
    this.log = log
    this.owner = owner
    this.#ref = ref
    this.#onLoaded = onLoaded
  }

  get params(): unknown {
    return this.#ref.params
  }

  /** Whether a snapshot is being loaded. */
  get isLoading(): boolean {
    return this.#loading !== undefined
  }

  get hasSnapshot(): boolean {
    return this.channel.loadSnapshot !== undefined
  }

  /** Notifies the readers that the log has begun another epoch. */
  restart(): void {
    this.#loading = undefined
    for (const reader of this.readers) reader.onRestarted()
  }

  /**
   * Loads the current state. The position is taken before the load begins, so an event emitted meanwhile
   * follows the snapshot, even if the snapshot includes it.
   *
   * Calls share a load that is under way if its position is `atLeast` or later.
   */
  loadSnapshot(atLeast: number): Promise<Snapshot> {
    if (this.#loading && this.#loading.seq >= atLeast && this.log.reaches(this.#loading.seq)) {
      return this.#loading.snapshot
    }
    const seq = this.log.head
    // See decision 007.
    this.log.hold(seq)
    const snapshot = this.#load(seq).finally(() => {
      this.log.release(seq)
      if (this.#loading?.snapshot === snapshot) this.#loading = undefined
      this.#onLoaded(this)
    })
    this.#loading = { seq, snapshot }
    return snapshot
  }

  async #load(seq: number): Promise<Snapshot> {
    const cursor = formatCursor(this.log.cursorAt(seq))
    const state = await this.channel.loadSnapshot?.(this)
    return { seq, cursor, state, chunk: new Chunk(withId(cursor, encodeSignal('$snapshot', state))) }
  }
}
