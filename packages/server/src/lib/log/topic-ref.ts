import type { Delivery, HistoryBounds } from '../history.js'

/** What a channel brings to each of its topics. */
export interface ChannelSettings {
  readonly history: HistoryBounds
  readonly delivery: Delivery
  /** Loads and encodes the current state of a topic; absent without a snapshot. */
  readonly loadSnapshot: ((topic: TopicRef) => Promise<unknown>) | undefined
  /** Emits to a topic until the signal fires; absent without a source. */
  readonly runSource: ((topic: TopicRef, signal: AbortSignal) => Promise<void>) | undefined
  /**
   * Whether a subscriber gets every event or an error, and never a gap: the log is that of a run. Absent for a
   * channel.
   */
  readonly isGapless?: boolean
}

/** Names a topic, whether or not it has a log here, with what opening it takes. */
export interface TopicRef {
  readonly key: string
  /** The decoded params. */
  readonly params: unknown
  readonly channel: ChannelSettings
}
