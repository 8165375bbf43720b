import { randomBytes } from 'node:crypto'
import { Log } from './log.js'
import { Topic, type TopicSettings } from './topic.js'

/** How many bytes may be emitted within one turn of the event loop before they are written without waiting for its end. */
const maxTurnBytes = 1024 * 1024

const sweepMs = 10_000

/** A response that the hub has written to. */
export interface Carrier {
  readonly subscriptionCount: number
  /** Writes all that is owed, at once. */
  flush(): void
  end(): void
}

/**
 * Holds the topics in use and those that may be come back to, and writes what was emitted once a turn of the event
 * loop: an emit marks its topic, and at the end of the turn each connection with something new gets one write.
 */
export class Hub {
  readonly #carriers = new Set<Carrier>()
  readonly #topics = new Map<string, Topic>()
  readonly #changed = new Set<Topic>()
  readonly #touched = new Set<Carrier>()
  // An epoch is unique to the life of one log: this process, and a count of the logs it has had.
  readonly #process = randomBytes(6).toString('base64url')
  #logCount = 0
  #turnBytes = 0
  #isClosed = false
  #flush: NodeJS.Immediate | undefined
  // Runs only while there are topics, so that a server nobody uses any more can be collected.
  #sweep: NodeJS.Timeout | undefined

  get carriers(): ReadonlySet<Carrier> {
    return this.#carriers
  }

  add(carrier: Carrier): void {
    this.#carriers.add(carrier)
    if (this.#isClosed) carrier.end()
  }

  remove(carrier: Carrier): void {
    this.#carriers.delete(carrier)
    this.#touched.delete(carrier)
  }

  get topicCount(): number {
    return this.#topics.size
  }

  /** Gives a topic its log, a new one if it has none or none any more. */
  topic(key: string, settingsOf: () => TopicSettings): Topic {
    let topic = this.#topics.get(key)
    if (!topic) {
      this.#logCount += 1
      const settings = settingsOf()
      const log = new Log(`${this.#process}-${this.#logCount.toString(36)}`, settings.history)
      topic = new Topic(key, log, settings, performance.now())
      if (this.#isClosed) return topic
      this.#topics.set(key, topic)
      this.#sweep ??= setInterval(() => this.#forget(), sweepMs).unref()
    }
    return topic
  }

  /** Appends an event to a topic's log; its readers are written to at the end of this turn of the event loop. */
  publish(key: string, settingsOf: () => TopicSettings, body: string): void {
    const topic = this.topic(key, settingsOf)
    const now = performance.now()
    topic.usedAt = now
    this.#turnBytes += topic.log.append(body, now)
    this.#changed.add(topic)
    if (this.#turnBytes >= maxTurnBytes) this.flush()
    else this.#schedule()
  }

  /** Has a connection written to at the end of this turn of the event loop. */
  flushSoon(carrier: Carrier): void {
    this.#touched.add(carrier)
    this.#schedule()
  }

  /** Writes to every connection that has something new, and lets the logs go back to their bounds. */
  flush(): void {
    clearImmediate(this.#flush)
    this.#flush = undefined
    this.#turnBytes = 0
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const topic of changed) {
      for (const reader of topic.readers) reader.announce()
    }
    const touched = [...this.#touched]
    this.#touched.clear()
    for (const carrier of touched) carrier.flush()
    const now = performance.now()
    for (const topic of changed) topic.log.trim(now)
  }

  /** Ends every connection, and those that are still on their way in, and lets go of everything. */
  close(): void {
    this.#isClosed = true
    this.flush()
    for (const carrier of this.#carriers) carrier.end()
    this.#topics.clear()
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }

  #schedule(): void {
    this.#flush ??= setImmediate(() => this.flush())
  }

  #forget(): void {
    // What was emitted in this turn and is not written yet must not be trimmed.
    this.flush()
    const now = performance.now()
    for (const [key, topic] of this.#topics) {
      topic.log.trim(now)
      if (topic.isForgettable(now)) this.#topics.delete(key)
    }
    if (this.#topics.size > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }
}
