import { encodeEventBody, formatCursor, signal, withId } from '@tidings/core/wire'
import type { HistoryBounds, Log } from './log.js'

/** Whoever reads a topic's log. */
export interface TopicReader {
  /** The log has something new. */
  announce(): void
}

/** What a channel brings to each of its topics. */
export interface TopicSettings {
  readonly history: HistoryBounds
  /** Loads and encodes the topic's current state; absent for a channel without a snapshot. */
  readonly loadSnapshot: (() => Promise<unknown>) | undefined
}

/** A snapshot, encoded, and the position it stands for: what follows that position follows the snapshot. */
export interface Snapshot {
  readonly seq: number
  readonly frame: Uint8Array
}

/** One topic of a channel: its log, and who reads it. */
export class Topic {
  readonly key: string
  readonly log: Log
  readonly readers = new Set<TopicReader>()
  /** When the topic was last emitted to or read, in milliseconds of a monotonic clock. */
  usedAt: number
  readonly #settings: TopicSettings
  #loading: { seq: number; snapshot: Promise<Snapshot> } | undefined

  constructor(key: string, log: Log, settings: TopicSettings, now: number) {
    this.key = key
    this.log = log
    this.usedAt = now
    this.#settings = settings
  }

  get hasSnapshot(): boolean {
    return this.#settings.loadSnapshot !== undefined
  }

  /** Whether nobody reads the topic and nobody could come back to it without a gap. */
  isForgettable(now: number): boolean {
    return this.readers.size === 0 && now - this.usedAt > this.#settings.history.ms
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
    const snapshot = this.#load(seq).finally(() => {
      if (this.#loading?.snapshot === snapshot) this.#loading = undefined
    })
    this.#loading = { seq, snapshot }
    return snapshot
  }

  async #load(seq: number): Promise<Snapshot> {
    const state = await this.#settings.loadSnapshot?.()
    const body = encodeEventBody(signal.snapshot, state)
    return { seq, frame: Buffer.from(withId(formatCursor(this.log.cursorAt(seq)), body)) }
  }
}
