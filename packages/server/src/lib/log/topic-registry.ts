import { TidingsError } from '@tidings/core'
import type { Cursor } from '@tidings/core/wire'
import type { BusLog } from '../bus/bus.js'
import { jittered } from '../jitter.js'
import type { EventTrace, Tracing } from '../tracing.js'
import { BusCheck } from './bus-check.js'
import { Epochs } from './epochs.js'
import { Follower } from './follower.js'
import { Log } from './log.js'
import { Retention } from './retention.js'
import type { SourceCallbacks, SourceDeps } from './source-run.js'
import { Sources } from './sources.js'
import { type Departure, Topic, type TopicOwner, type TopicReader } from './topic.js'
import { HeldTopics, type TopicHolder, type TopicLimits } from './topic-limits.js'
import type { TopicRef } from './topic-ref.js'
import { WriteBatcher } from './write-batcher.js'

/** How long a prepared topic is followed at least, so that a subscriber can join it, in milliseconds. */
const joinMs = 1_000

export interface TopicRegistryDeps extends SourceDeps {
  /** The bus that has the complete logs. Absent if the logs of this process are complete. See decision 011. */
  readonly bus: BusLog | undefined
  readonly limits: TopicLimits
  readonly tracing: Tracing | undefined
  /** About how long a client that was refused should wait before it tries again, in milliseconds. */
  readonly retryMs: number
}

/** Holds the topics in use and those that a subscriber may return to, by their keys. */
export class TopicRegistry implements TopicOwner {
  /** Writes what is emitted to the subscribers. */
  readonly writes: WriteBatcher
  readonly #deps: TopicRegistryDeps
  readonly #topics = new Map<string, Topic>()
  /** The topics without readers, in the order in which their last reader left. */
  readonly #unread = new Set<Topic>()
  readonly #epochs = new Epochs()
  readonly #held: HeldTopics
  readonly #sources: Sources
  readonly #retention = new Retention((due, now) => this.#onDue(due, now))
  readonly #busCheck: BusCheck | undefined

  constructor(deps: TopicRegistryDeps, callbacks: SourceCallbacks) {
    this.#deps = deps
    this.writes = new WriteBatcher(deps.tracing)
    this.#held = new HeldTopics(deps.limits)
    this.#sources = new Sources(deps, deps.limits.sources, {
      onSourceFailed: (error, topicKey) => callbacks.onSourceFailed(error, topicKey),
      onStopped: (topic) => this.#dropIfEventless(topic),
    })
    this.#busCheck = deps.bus && new BusCheck(deps.bus, () => this.#followers())
  }

  get topicCount(): number {
    return this.#topics.size
  }

  get all(): Iterable<Topic> {
    return this.#topics.values()
  }

  /** Whether this process has a subscriber of a topic. */
  hasReaders(key: string): boolean {
    return (this.#topics.get(key)?.readers.size ?? 0) > 0
  }

  /**
   * Prepares a topic for a subscriber: brings its log to the position of the bus' log, and back to a cursor
   * if the bus still keeps the events after it. Without a bus there is nothing to wait for.
   *
   * @param holder the client that is to subscribe
   * @throws TidingsError `unavailable` if the bus cannot be read, and as {@link getOrCreate} does where there
   * is no room
   */
  async prepare(ref: TopicRef, holder: TopicHolder, cursor?: Cursor): Promise<void> {
    const known = this.#requireRoom(ref, holder)
    if (!this.#deps.bus) return
    const topic = known ?? this.#create(ref)
    if (topic.follower) await this.#follow(topic, topic.follower, cursor)
  }

  /**
   * Returns a topic with its log. The caller has prepared the topic, and joins it in the same turn of the
   * event loop.
   *
   * @throws TidingsError `unavailable` if the topic was released since it was prepared, or there are too many
   * topics or sources; `too_many_requests` if the client has too many topics
   */
  getOrCreate(ref: TopicRef, holder: TopicHolder): Topic {
    const topic = this.#requireRoom(ref, holder) ?? this.#create(ref)
    if (topic.follower && !topic.follower.isStarted) {
      const message = 'The topic was released while you were subscribing. Try again'
      throw new TidingsError({ code: 'unavailable', message, retryAfterMs: 0 })
    }
    return topic
  }

  /** Adds a reader to a topic. */
  join(topic: Topic, reader: TopicReader): void {
    topic.readers.add(reader)
    if (topic.readers.size === 1) this.#held.assign(topic, reader.holder)
    this.#unread.delete(topic)
    topic.follower?.retain()
    this.#sources.start(topic)
  }

  leave(topic: Topic, reader: TopicReader, _how: Departure): void {
    topic.readers.delete(reader)
    const [longest] = topic.readers
    this.#held.assign(topic, longest?.holder)
    if (longest) return
    this.#unread.add(topic)
    this.#sources.stopSoon(topic)
    topic.follower?.scheduleRelease(this.#lingerMsOf(topic))
    if (!this.#dropIfEventless(topic)) this.#retention.touch(topic, performance.now())
  }

  onWritten(topic: Topic, now: number): void {
    if (topic.isDropped) return
    topic.log.trim(now)
    this.#retention.touch(topic, now)
  }

  /**
   * Appends an event to a topic's log, and has it written to the readers at the end of this turn of the event
   * loop.
   *
   * A topic without a log discards the event. See decision 006.
   */
  publish(ref: TopicRef, event: string, body: string, trace?: EventTrace): void {
    const topic = this.#topics.get(ref.key) ?? this.#revive(ref)
    if (!topic) return
    const length = topic.log.append(event, body, this.writes.turnTime)
    if (trace) this.writes.trace(topic, trace)
    this.writes.add(topic, length)
  }

  /** Stops every source and releases every topic. Resolves when other nodes may run the sources. */
  async close(): Promise<void> {
    this.#busCheck?.stop()
    const stopped = [...this.#topics.values()].map((topic) => {
      topic.follower?.stop()
      return this.#sources.stop(topic)
    })
    this.writes.clear()
    this.#topics.clear()
    this.#unread.clear()
    this.#epochs.clear()
    this.#retention.clear()
    await Promise.all(stopped)
  }

  /**
   * Creates the log again of a topic whose subscribers left before its first event: they may return for this
   * event.
   */
  #revive(ref: TopicRef): Topic | undefined {
    const epoch = this.#epochs.take(ref.key, ref.channel.history.ms)
    return epoch !== undefined && this.#makeRoom() ? this.#create(ref, epoch) : undefined
  }

  #create(ref: TopicRef, epoch = this.#epochs.next(ref.key)): Topic {
    const { history, delivery } = ref.channel
    const log = new Log(epoch, history, delivery)
    const topic = new Topic(ref, log, this, (loaded) => {
      // The log is trimmed once what it held for the load has been written.
      if (!loaded.isDropped && !this.#dropIfEventless(loaded)) this.writes.add(loaded, 0)
    })
    this.#topics.set(topic.key, topic)
    this.#unread.add(topic)
    // A subscriber may be refused after its topic was created.
    this.#retention.touch(topic, performance.now())
    const { bus } = this.#deps
    if (bus) {
      topic.follower = new Follower(
        { bus, log, key: topic.key, history },
        {
          onTraced: (text) => this.#onTraced(topic, text),
          onAppended: (length) => this.writes.add(topic, length),
          onRestarted: () => topic.restart(),
          onUnused: () => this.#drop(topic),
        },
      )
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

  #onTraced(topic: Topic, text: string): void {
    const trace = this.#deps.tracing?.decode(text)
    if (trace) this.writes.trace(topic, trace)
  }

  /**
   * Returns how long a topic on a bus is followed after its last subscriber has left. A topic without events
   * is quick to read again, and a client that subscribes to made-up topics must not have thousands of them
   * followed.
   */
  #lingerMsOf({ log }: Topic): number {
    const { lingerMs } = this.#deps
    return log.head > 0 ? lingerMs : Math.min(lingerMs, joinMs)
  }

  *#followers(): Iterable<Follower> {
    for (const { follower } of this.#topics.values()) if (follower) yield follower
  }

  /**
   * Returns a topic if it exists. Checks that one more subscriber may have the topic and its source.
   *
   * @throws TidingsError as {@link getOrCreate} does where there is no room
   */
  #requireRoom({ key, channel }: TopicRef, holder: TopicHolder): Topic | undefined {
    const topic = this.#topics.get(key)
    const { limits, retryMs } = this.#deps
    if (!topic || topic.readers.size === 0) this.#held.requireRoom(holder, Math.ceil(jittered(retryMs)))
    if (!topic && !this.#makeRoom()) throw this.#full(`${limits.topics} topics`)
    if (channel.runSource && !topic?.source?.isRunning && !this.#sources.makeRoom()) {
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

  /**
   * Makes room for a topic, and returns whether there is. At the limit, the topic without readers for longest
   * is dropped.
   */
  #makeRoom(): boolean {
    if (this.#topics.size < this.#deps.limits.topics) return true
    for (const topic of this.#unread) {
      this.#drop(topic)
      return true
    }
    return false
  }

  /**
   * Drops a topic without readers and events, and remembers its epoch. Returns whether it did. See
   * decision 006.
   */
  #dropIfEventless(topic: Topic): boolean {
    const { readers, log, source, follower, isLoading } = topic
    // With a bus, the epoch is the bus', and is read again.
    if (readers.size > 0 || log.head > 0 || isLoading || source?.isRunning || follower) return false
    this.#drop(topic)
    this.#epochs.remember(topic.key, log.epoch)
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

  #onDue(topics: readonly Topic[], now: number): void {
    // Events of this turn are not written yet, and must not be trimmed.
    this.writes.flush()
    for (const topic of topics) {
      // The flush may have touched the topic.
      if (now - topic.usedAt <= topic.channel.history.ms) continue
      topic.log.trim(now)
      if (topic.readers.size > 0) continue
      // A topic with a running source stays, and becomes due again.
      if (topic.source?.isRunning) this.#retention.touch(topic, now)
      else this.#drop(topic)
    }
  }
}
