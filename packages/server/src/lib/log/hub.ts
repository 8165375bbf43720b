import { randomBytes } from 'node:crypto'
import { TidingsError } from '@tidings/core'
import type { Cursor } from '@tidings/core/wire'
import type { Bus } from '../bus/bus.js'
import { Follower } from './follower.js'
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

/** For how long a topic that was got ready waits for somebody to join it, in milliseconds, at the least. */
const joinMs = 1_000

/** How often every topic is compared with the bus, in milliseconds: news may be lost without a sign of it. */
const checkMs = 15_000

/** How many topics are compared at once. */
const checkedAtOnce = 500

/** What a hub needs of its server. */
export interface HubHome extends SourceHome {
  /** What the logs are the tails of; absent where they are all there is. */
  readonly bus: Bus | undefined
}

/**
 * Holds the topics in use and those that may be come back to, and writes what was emitted once a turn of the event
 * loop: an emit marks its topic, and at the end of the turn each connection with something new gets one write.
 */
export class Hub {
  readonly #home: HubHome
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

  #stopDoubting: (() => void) | undefined
  #checkTimer: NodeJS.Timeout | undefined
  #checking: Promise<void> | undefined
  #isDoubtful = false

  constructor(home: HubHome) {
    this.#home = home
    const { bus } = home
    if (!bus) return
    this.#stopDoubting = bus.onDoubt(() => this.#check())
    this.#checkTimer = setInterval(() => this.#check(), Math.min(checkMs, bus.inUseMs)).unref()
  }

  get topicCount(): number {
    return this.#topics.size
  }

  /**
   * Gets a topic ready to be joined: has its log stand where the bus' does, and reach as far as a cursor if the bus' does.
   * Without a bus there is nothing to wait for.
   *
   * @throws TidingsError `unavailable` if the bus cannot be asked
   */
  prepare(key: string, settings: TopicSettings, cursor?: Cursor): Promise<void> | undefined {
    if (!this.#home.bus) return undefined
    const topic = this.#topics.get(key) ?? this.#create(key, settings)
    return topic.follower && this.#follow(topic, topic.follower, cursor)
  }

  /**
   * Gives a topic its log, a new one if it has none or none any more. Whoever asks joins it in the same turn, and has had it
   * prepared.
   *
   * @throws TidingsError `unavailable` if there is a bus, and the topic was not prepared
   */
  topic(key: string, settings: TopicSettings): Topic {
    const topic = this.#topics.get(key) ?? this.#create(key, settings)
    if (topic.follower && !topic.follower.isStarted) {
      const message = 'The topic was let go of while somebody came for it. Try again'
      throw new TidingsError({ code: 'unavailable', message, retryAfterMs: 0 })
    }
    return topic
  }

  /** Has every log looked at again: news may have been lost. */
  #check(): void {
    this.#isDoubtful = true
    this.#checking ??= this.#checkAll().finally(() => {
      this.#checking = undefined
    })
  }

  async #checkAll(): Promise<void> {
    while (this.#isDoubtful) {
      this.#isDoubtful = false
      const followers = [...this.#topics.values()].map(({ follower }) => follower)
      // Not all at once, for they may be very many.
      for (let n = 0; n < followers.length; n += checkedAtOnce) {
        await Promise.all(followers.slice(n, n + checkedAtOnce).map((follower) => follower?.check()))
      }
    }
  }

  /** Has a reader told of what is appended to a topic's log. */
  join(topic: Topic, reader: TopicReader): void {
    topic.readers.add(reader)
    topic.follower?.keep()
    const { feed } = topic.settings
    if (!feed) return
    topic.source ??= new SourceRun(topic.key, this.#home, (signal) => feed(topic.query, signal))
    topic.source.start()
  }

  leave(topic: Topic, reader: TopicReader): void {
    topic.readers.delete(reader)
    if (topic.readers.size > 0) return
    topic.source?.stopSoon()
    topic.follower?.stopSoon(this.#home.lingerMs)
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
    this.#appended(topic, topic.log.append(event, body, this.#turnTime()))
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

  /** Stops every source, and lets go of everything. Resolves when other nodes may run the sources. */
  async close(): Promise<void> {
    this.#stopDoubting?.()
    clearInterval(this.#checkTimer)
    const stopped = [...this.#topics.values()].map(({ source, follower }) => {
      follower?.stop()
      return source?.stop()
    })
    clearImmediate(this.#flush)
    this.#flush = undefined
    this.#changed.clear()
    this.#topics.clear()
    this.#retention.clear()
    await Promise.all(stopped)
  }

  #create(key: string, settings: TopicSettings): Topic {
    this.#logCount += 1
    const epoch = `${this.#process}-${this.#logCount.toString(36)}`
    const log = new Log(epoch, settings.history, settings.delivery)
    const topic = new Topic(key, log, settings, (loaded) => {
      // What the log held for those who waited goes out, and then the log goes back to its bounds.
      this.#changed.add(loaded)
      this.#schedule()
    })
    this.#topics.set(key, topic)
    const { bus } = this.#home
    if (bus) {
      topic.follower = new Follower(bus, {
        log,
        key,
        keep: settings.history,
        appended: (length) => this.#appended(topic, length),
        restarted: () => topic.restart(),
        unused: () => this.#drop(topic),
      })
    }
    return topic
  }

  async #follow(topic: Topic, follower: Follower, cursor: Cursor | undefined): Promise<void> {
    follower.keep()
    try {
      await follower.start()
      if (cursor) await follower.reach(cursor)
    } finally {
      if (topic.readers.size === 0) follower.stopSoon(Math.max(this.#home.lingerMs, joinMs))
    }
  }

  #drop(topic: Topic): void {
    if (topic.readers.size > 0) return
    void topic.source?.stop()
    topic.follower?.stop()
    if (this.#topics.get(topic.key) === topic) this.#topics.delete(topic.key)
  }

  #appended(topic: Topic, length: number): void {
    this.#turnLength += length
    this.#changed.add(topic)
    if (this.#turnLength >= maxTurnLength) this.flush()
    else this.#schedule()
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
      else this.#drop(topic)
    }
  }
}
