import { randomBytes } from 'node:crypto'
import { TidingsError } from '@tidings/core'
import type { Cursor } from '@tidings/core/wire'
import type { Bus } from '../bus/bus.js'
import { jittered } from '../jitter.js'
import { EventlessEpochs } from './eventless-epochs.js'
import { Follower } from './follower.js'
import { Log } from './log.js'
import { Retention } from './retention.js'
import type { SourceDeps } from './source-run.js'
import { Sources } from './sources.js'
import { Topic, type TopicReader, type TopicSettings } from './topic.js'
import { HeldTopics, type TopicHolder, type TopicLimits } from './topic-limits.js'

/** How much may be emitted within one turn of the event loop before it is written without waiting for its end, in characters. */
const maxTurnLength = 1024 * 1024

/** A response that the hub has written to. */
export interface Flushable {
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
export interface TopicRegistryDeps extends SourceDeps {
  /** What the logs are the tails of; absent where they are all there is. */
  readonly bus: Bus | undefined
  readonly limits: TopicLimits
  /** What a topic is made with, by its key. */
  settingsOf(topicKey: string): TopicSettings | undefined
  /** About when a client may try again that there was no room for, in milliseconds. */
  readonly retryMs: number
}

/**
 * Holds the topics in use and those that may be come back to, and writes what was emitted once a turn of the event
 * loop: an emit marks its topic, and at the end of the turn each connection with something new gets one write.
 */
export class TopicRegistry {
  readonly #deps: TopicRegistryDeps
  readonly #topics = new Map<string, Topic>()
  /** Those without readers, left longest ago first. */
  readonly #unread = new Set<Topic>()
  readonly #eventless = new EventlessEpochs()
  readonly #counts: HeldTopics
  readonly #sources: Sources
  readonly #retention = new Retention((due, now) => this.#forget(due, now))
  #changed = new Set<Topic>()
  #touched: Flushable[] = []
  // An epoch is unique to the life of one log: this process, and a count of the logs it has had.
  readonly #process = randomBytes(6).toString('base64url')
  #logCount = 0
  #turnLength = 0
  #turnBeganAt: number | undefined
  #flush: NodeJS.Immediate | undefined

  #stopWatching: (() => void) | undefined
  #checkTimer: NodeJS.Timeout | undefined
  #checking: Promise<void> | undefined
  #isDoubtful = false

  constructor(home: TopicRegistryDeps) {
    this.#deps = home
    this.#counts = new HeldTopics(home.limits)
    this.#sources = new Sources(home, home.limits.sources, (topic) => this.#dropIfEventless(topic))
    const { bus } = home
    if (!bus) return
    this.#stopWatching = bus.onPossibleLoss(() => this.#check())
    this.#checkTimer = setInterval(() => this.#check(), Math.min(checkMs, bus.keepAliveMs)).unref()
  }

  get topicCount(): number {
    return this.#topics.size
  }

  /**
   * Gets a topic ready to be joined: has its log stand where the bus' does, and reach as far as a cursor if the bus' does.
   * Without a bus there is nothing to wait for.
   *
   * @param payer the client that is to join it
   * @throws TidingsError `unavailable` if the bus cannot be asked; as {@link topic} does where there is no room
   */
  async prepare(key: string, settings: TopicSettings, payer: TopicHolder, cursor?: Cursor): Promise<void> {
    const known = this.#requireRoom(key, settings, payer)
    if (!this.#deps.bus) return
    const topic = known ?? this.#create(key, settings)
    if (topic.follower) await this.#follow(topic, topic.follower, cursor)
  }

  /**
   * Gives a topic its log, a new one if it has none or none any more. Whoever asks joins it in the same turn, and has had it
   * prepared.
   *
   * @throws TidingsError `unavailable` if there is a bus, and the topic was not prepared, or there are too many topics or
   * sources; `too_many_requests` if there are too many topics of the one client
   */
  topic(key: string, settings: TopicSettings, payer: TopicHolder): Topic {
    const topic = this.#requireRoom(key, settings, payer) ?? this.#create(key, settings)
    if (topic.follower && !topic.follower.isStarted) {
      const message = 'The topic was released while you were subscribing. Try again'
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

  /** Whether anything is subscribed to a topic here. */
  hasReaders(key: string): boolean {
    return (this.#topics.get(key)?.readers.size ?? 0) > 0
  }

  /** Has a reader told of what is appended to a topic's log. */
  join(topic: Topic, reader: TopicReader): void {
    topic.readers.add(reader)
    if (topic.readers.size === 1) this.#counts.assign(topic, reader.holder)
    this.#unread.delete(topic)
    topic.follower?.retain()
    this.#sources.start(topic)
  }

  leave(topic: Topic, reader: TopicReader): void {
    topic.readers.delete(reader)
    const [longest] = topic.readers
    this.#counts.assign(topic, longest?.holder)
    if (longest) return
    this.#unread.add(topic)
    this.#sources.stopSoon(topic)
    topic.follower?.scheduleRelease(this.#lingerMsOf(topic))
    if (!this.#dropIfEventless(topic)) this.#retention.touch(topic, performance.now())
  }

  /**
   * Appends an event to a topic's log; its readers are written to at the end of this turn of the event loop.
   *
   * Where a topic has no log, no one has a cursor on it: whoever comes first begins after this event, so that there is
   * nothing to keep.
   */
  publish(key: string, event: string, body: string): void {
    const topic = this.#topics.get(key)
    if (topic) this.#appended(topic, topic.log.append(event, body, this.#turnTime()))
    else if (!this.#eventless.isEmpty) this.#publishFirst(key, event, body)
  }

  /** Appends the first event of a topic that was left before: its subscriber may come back for it. */
  #publishFirst(key: string, event: string, body: string): void {
    const epoch = this.#eventless.take(key)
    const settings = epoch && this.#deps.settingsOf(key)
    if (!settings || performance.now() - epoch.leftAt > settings.history.ms || !this.#hasRoom()) return
    const topic = this.#create(key, settings, epoch.number)
    this.#appended(topic, topic.log.append(event, body, this.#turnTime()))
  }

  /** Has a connection written to at the end of this turn of the event loop. */
  flushSoon(carrier: Flushable): void {
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
      for (const reader of topic.readers) reader.onAppended()
    }
    const touched = this.#touched
    this.#touched = []
    for (const carrier of touched) carrier.flush()
    for (const topic of changed) {
      if (topic.isDropped) continue
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
    this.#stopWatching?.()
    clearInterval(this.#checkTimer)
    const stopped = [...this.#topics.values()].map((topic) => {
      topic.follower?.stop()
      return this.#sources.stop(topic)
    })
    clearImmediate(this.#flush)
    this.#flush = undefined
    this.#changed.clear()
    this.#topics.clear()
    this.#unread.clear()
    this.#eventless.clear()
    this.#retention.clear()
    await Promise.all(stopped)
  }

  /** The number of an epoch for a topic: where nothing was emitted since it was left, the one it had. */
  #nextEpoch(key: string): number {
    const known = this.#eventless.take(key)
    if (known) return known.number
    this.#logCount += 1
    return this.#logCount
  }

  #create(key: string, settings: TopicSettings, epoch = this.#nextEpoch(key)): Topic {
    const log = new Log(`${this.#process}-${epoch.toString(36)}`, settings.history, settings.delivery)
    const topic = new Topic(key, log, settings, (loaded) => {
      if (loaded.isDropped || this.#dropIfEventless(loaded)) return
      // What the log held for those who waited goes out, and then the log goes back to its bounds.
      this.#changed.add(loaded)
      this.#schedule()
    })
    this.#topics.set(key, topic)
    this.#unread.add(topic)
    // Should nobody join it after all.
    this.#retention.touch(topic, performance.now())
    const { bus } = this.#deps
    if (bus) {
      topic.follower = new Follower(bus, {
        log,
        key,
        keep: settings.history,
        onAppended: (length) => this.#appended(topic, length),
        onRestarted: () => topic.restart(),
        onUnused: () => this.#drop(topic),
      })
    }
    return topic
  }

  async #follow(topic: Topic, follower: Follower, cursor: Cursor | undefined): Promise<void> {
    follower.retain()
    try {
      await follower.start()
      if (cursor) await follower.ensureCovers(cursor)
    } finally {
      if (topic.readers.size === 0) follower.scheduleRelease(Math.max(this.#deps.lingerMs, joinMs))
    }
  }

  /**
   * How long a topic on a bus is followed after its last subscriber has left. One without events is quick to read again, so
   * that a client which subscribes to made-up topics and leaves does not have thousands of them followed.
   */
  #lingerMsOf({ log }: Topic): number {
    const { lingerMs } = this.#deps
    return log.head > 0 ? lingerMs : Math.min(lingerMs, joinMs)
  }

  /**
   * Gives a topic if it is there, when it and its source may be had by one more subscriber.
   *
   * @throws TidingsError as {@link topic} does where there is no room
   */
  #requireRoom(key: string, { runSource: feed }: TopicSettings, payer: TopicHolder): Topic | undefined {
    const topic = this.#topics.get(key)
    const { limits, retryMs } = this.#deps
    if (!topic || topic.readers.size === 0) this.#counts.requireRoom(payer, Math.ceil(jittered(retryMs)))
    if (!topic && !this.#hasRoom()) {
      throw this.#full(`${limits.topics} topics`)
    }
    if (feed && !topic?.source?.isRunning && !this.#sources.makeRoom()) {
      throw this.#full(`${limits.sources} running sources`)
    }
    return topic
  }

  #full(what: string): TidingsError {
    const message = `The server has reached its limit of ${what}. Try again later`
    return new TidingsError({
      code: 'unavailable',
      message,
      retryAfterMs: Math.ceil(jittered(this.#deps.retryMs)),
    })
  }

  /** Whether there may be one more topic. The oldest without subscribers gives way: those that come back to it have a gap. */
  #hasRoom(): boolean {
    if (this.#topics.size < this.#deps.limits.topics) return true
    for (const topic of this.#unread) {
      this.#drop(topic)
      return true
    }
    return false
  }

  /** Lets go of a topic that nobody reads and nothing was emitted to. Says whether it was one. */
  #dropIfEventless(topic: Topic): boolean {
    const { readers, log, source, follower, isLoading } = topic
    // With a bus, the log is the bus', and is asked again for.
    if (readers.size > 0 || log.head > 0 || isLoading || source?.isRunning || follower) return false
    this.#drop(topic)
    const number = Number.parseInt(log.epoch.slice(this.#process.length + 1), 36)
    this.#eventless.remember(topic.key, { number, leftAt: performance.now() })
    return true
  }

  #drop(topic: Topic): void {
    if (topic.readers.size > 0 || topic.isDropped) return
    topic.isDropped = true
    void this.#sources.stop(topic)
    topic.follower?.stop()
    this.#unread.delete(topic)
    this.#retention.forget(topic)
    this.#topics.delete(topic.key)
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
