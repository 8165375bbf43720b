import { encodeSignal, formatCursor, parseTopicKey, withId } from '@tidings/core/wire'
import type { Delivery, HistoryBounds } from '../history.js'
import { Chunk } from '../http/chunk.js'
import type { Follower } from './follower.js'
import type { Log } from './log.js'
import type { SourceRun } from './source-run.js'
import type { TopicHolder } from './topic-limits.js'

/** Whoever reads a topic's log. */
export interface TopicReader {
  /** The client that reads. */
  readonly holder: TopicHolder
  /** The log has something new. */
  onAppended(): void
  /** The log has begun another life. */
  onRestarted(): void
}

/** What a channel brings to each of its topics. */
export interface TopicSettings {
  readonly history: HistoryBounds
  readonly delivery: Delivery
  /** Loads and encodes the current state of the topic named by a query string; absent without a snapshot. */
  readonly loadSnapshot: ((query: string) => Promise<unknown>) | undefined
  /** Feeds the topic named by a query string until the signal fires; absent without a source. */
  readonly runSource: ((query: string, signal: AbortSignal) => Promise<void>) | undefined
}

/** A snapshot, encoded, and the position it stands for: what follows that position follows the snapshot. */
export interface Snapshot {
  readonly seq: number
  readonly chunk: Chunk
}

/** One topic of a channel: its log, and who reads it. */
export class Topic {
  readonly key: string
  readonly log: Log
  readonly settings: TopicSettings
  readonly readers = new Set<TopicReader>()
  /** There once it was started; see {@link TopicSettings.runSource}. */
  source: SourceRun | undefined
  /** What keeps the log in step with the bus'; absent where the log is all there is. */
  follower: Follower | undefined
  /** The client that the topic counts for, while it has readers. */
  holder: TopicHolder | undefined
  /** Whether the hub has let go of it: another of the same key may be there. */
  isDropped = false
  /** When the topic was last emitted to or left, in milliseconds of a monotonic clock. */
  usedAt = 0
  readonly #loaded: (topic: Topic) => void
  #loading: { seq: number; snapshot: Promise<Snapshot> } | undefined

  /** @param loaded told when a snapshot has been loaded, or failed to */
  constructor(key: string, log: Log, settings: TopicSettings, loaded: (topic: Topic) => void) {
    this.key = key
    this.log = log
    this.settings = settings
    this.#loaded = loaded
  }

  /** Whether a snapshot is being loaded. */
  get isLoading(): boolean {
    return this.#loading !== undefined
  }

  /** The query string that names it: what follows its channel's path in the key. */
  get query(): string {
    return parseTopicKey(this.key).query
  }

  /** Its log has begun another life. */
  restart(): void {
    this.#loading = undefined
    for (const reader of this.readers) reader.onRestarted()
  }

  get hasSnapshot(): boolean {
    return this.settings.loadSnapshot !== undefined
  }

  /**
   * Loads the current state. The position is taken before the load begins, so that an event emitted meanwhile
   * follows the snapshot, whether the snapshot knew of it or not.
   *
   * Those who ask while a load is running share it, if it stands for a position not before `atLeast`.
   */
  loadSnapshot(atLeast: number): Promise<Snapshot> {
    if (this.#loading && this.#loading.seq >= atLeast && this.log.reaches(this.#loading.seq)) {
      return this.#loading.snapshot
    }
    const seq = this.log.head
    this.log.hold(seq)
    const snapshot = this.#load(seq).finally(() => {
      this.log.release(seq)
      if (this.#loading?.snapshot === snapshot) this.#loading = undefined
      this.#loaded(this)
    })
    this.#loading = { seq, snapshot }
    return snapshot
  }

  async #load(seq: number): Promise<Snapshot> {
    const cursor = formatCursor(this.log.cursorAt(seq))
    const state = await this.settings.loadSnapshot?.(this.query)
    return { seq, chunk: new Chunk(withId(cursor, encodeSignal('$snapshot', state))) }
  }
}
