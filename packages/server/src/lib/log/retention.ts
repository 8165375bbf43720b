import type { Topic } from './topic.js'

const sweepMs = 10_000

/** How many topics are seen to before others get a turn of the event loop. */
const sliceSize = 10_000

/**
 * Knows which topics hold on to something that will be too old some day: events in their log, or the log itself once
 * nobody reads it.
 *
 * Topics that keep history for equally long stand in the order in which they were last used, so that a sweep looks at
 * those that are due and at no others.
 */
export class Retention {
  readonly #byMs = new Map<number, Set<Topic>>()
  readonly #onDue: (topics: readonly Topic[], now: number) => void
  // Runs only while there is something to look after, so that a server nobody uses any more can be collected.
  #timer: NodeJS.Timeout | undefined

  /** @param onDue called with the topics that were last used longer ago than they keep history */
  constructor(onDue: (topics: readonly Topic[], now: number) => void) {
    this.#onDue = onDue
  }

  /** The topic is in use now. */
  touch(topic: Topic, now: number): void {
    const { ms } = topic.channel.history
    let topics = this.#byMs.get(ms)
    if (!topics) {
      topics = new Set()
      this.#byMs.set(ms, topics)
    }
    topic.usedAt = now
    topics.delete(topic)
    topics.add(topic)
    this.#timer ??= setInterval(() => this.sweep(performance.now()), sweepMs).unref()
  }

  /** The topic holds on to nothing any more. */
  forget(topic: Topic): void {
    const { ms } = topic.channel.history
    const topics = this.#byMs.get(ms)
    topics?.delete(topic)
    if (topics?.size === 0) this.#byMs.delete(ms)
    if (this.#byMs.size === 0) this.clear()
  }

  sweep(now: number): void {
    for (const [ms, topics] of this.#byMs) {
      const due: Topic[] = []
      for (const topic of topics) {
        if (now - topic.usedAt <= ms || due.length === sliceSize) break
        due.push(topic)
        topics.delete(topic)
      }
      if (topics.size === 0) this.#byMs.delete(ms)
      if (due.length > 0) this.#onDue(due, now)
      if (due.length === sliceSize) setImmediate(() => this.sweep(now))
    }
    if (this.#byMs.size === 0) this.clear()
  }

  clear(): void {
    this.#byMs.clear()
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
