import { randomBytes } from 'node:crypto'
import { Log } from './log.js'
import { Retention } from './retention.js'
import { type SourceHome, SourceRun } from './source-run.js'
import { Topic, type TopicReader, type TopicSettings } from './topic.js'

/** How much may be emitted within one turn of the event loop before it is written without waiting for its end, in characters. */
const maxTurnLength = 1024 * 1024

/** A response that the hub has written to. */
export interface Carrier {
  /** Writes all that is owed, at once. */
  flush(): void
}

/**
 * Holds the topics in use and those that may be come back to, and writes what was emitted once a turn of the event
 * loop: an emit marks its topic, and at the end of the turn each connection with something new gets one write.
 */
export class Hub {
  readonly #sources: SourceHome
  readonly #topics = new Map<string, Topic>()
  readonly #retention = new Retention((due, now) => this.#forget(due, now))
  #changed = new Set<Topic>()
  #touched: Carrier[] = []
  // An epoch is unique to the life of one log: this process, and a count of the logs it has had.
  readonly #process = randomBytes(6).toString('base64url')
  #logCount = 0
  #turnLength = 0
  #turnBeganAt: number | undefined
  #flush: NodeJS.Immediate | undefined

  constructor(sources: SourceHome) {
    this.#sources = sources
  }

  get topicCount(): number {
    return this.#topics.size
  }

  /** Gives a topic its log, a new one if it has none or none any more. Whoever asks joins it in the same turn. */
  topic(key: string, query: string, settings: TopicSettings): Topic {
    let topic = this.#topics.get(key)
    if (!topic) {
      this.#logCount += 1
      const epoch = `${this.#process}-${this.#logCount.toString(36)}`
      topic = new Topic(
        key,
        query,
        new Log(epoch, settings.history, settings.delivery),
        settings,
        (loaded) => {
          // What the log held for those who waited goes out, and then the log goes back to its bounds.
          this.#changed.add(loaded)
          this.#schedule()
        },
      )
      this.#topics.set(key, topic)
    }
    return topic
  }

  /** Has a reader told of what is appended to a topic's log. */
  join(topic: Topic, reader: TopicReader): void {
    topic.readers.add(reader)
    const { feed } = topic.settings
    if (!feed) return
    topic.source ??= new SourceRun(topic.key, this.#sources, (signal) => feed(topic.query, signal))
    topic.source.start()
  }

  leave(topic: Topic, reader: TopicReader): void {
    topic.readers.delete(reader)
    if (topic.readers.size > 0) return
    topic.source?.stopSoon()
    this.#retention.touch(topic, performance.now())
  }

  /**
   * Appends an event to a topic's log; its readers are written to at the end of this turn of the event loop.
   *
   * Where a topic has no log, no one has a cursor on it: whoever comes first begins after this event, so that there is
   * nothing to keep.
   */
  publish(key: string, event: string, body: string): void {
    const topic = this.#topics.get(key)
    if (!topic) return
    this.#turnLength += topic.log.append(event, body, this.#turnTime())
    this.#changed.add(topic)
    if (this.#turnLength >= maxTurnLength) this.flush()
    else this.#schedule()
  }

  /** Has a connection written to at the end of this turn of the event loop. */
  flushSoon(carrier: Carrier): void {
    this.#touched.push(carrier)
    this.#schedule()
  }

  /** Writes to every connection that has something new, and lets the logs go back to their bounds. */
  flush(): void {
    clearImmediate(this.#flush)
    this.#flush = undefined
    this.#turnLength = 0
    const now = this.#turnTime()
    this.#turnBeganAt = undefined
    const changed = this.#changed
    this.#changed = new Set()
    for (const topic of changed) {
      for (const reader of topic.readers) reader.announce()
    }
    const touched = this.#touched
    this.#touched = []
    for (const carrier of touched) carrier.flush()
    for (const topic of changed) {
      topic.log.trim(now)
      this.#retention.touch(topic, now)
    }
    if (this.#changed.size > 0 || this.#touched.length > 0) return
    // Those who were told have scheduled another, for what they have just been handed.
    clearImmediate(this.#flush)
    this.#flush = undefined
  }

  /** Stops every source, and lets go of everything. */
  close(): void {
    for (const topic of this.#topics.values()) topic.source?.stop()
    clearImmediate(this.#flush)
    this.#flush = undefined
    this.#changed.clear()
    this.#topics.clear()
    this.#retention.clear()
  }

  /** The time of this turn of the event loop: what happens in one happens at one time. */
  #turnTime(): number {
    this.#turnBeganAt ??= performance.now()
    return this.#turnBeganAt
  }

  #schedule(): void {
    this.#flush ??= setImmediate(() => this.flush())
  }

  #forget(topics: readonly Topic[], now: number): void {
    // What was emitted in this turn and is not written yet must not be trimmed.
    this.flush()
    for (const topic of topics) {
      // It may have been emitted to in this very turn.
      if (now - topic.usedAt <= topic.settings.history.ms) continue
      topic.log.trim(now)
      if (topic.readers.size > 0) continue
      // Touched again when it has run out.
      if (topic.source?.isRunning) this.#retention.touch(topic, now)
      else this.#topics.delete(topic.key)
    }
  }
}
