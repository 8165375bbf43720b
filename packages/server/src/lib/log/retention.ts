import { afterTurn } from '../runtime/after-turn.js'
import { setBackgroundInterval, type Timer } from '../runtime/timers.js'
import type { Topic } from './topic.js'

const sweepMs = 10_000

/** How many topics are handled in one turn of the event loop. */
const sliceSize = 10_000

/**
 * Finds the topics whose history has become too old: events in their log, or the log itself if it has no
 * readers.
 *
 * Topics whose history lasts equally long are kept in the order of their last use, so a sweep visits only the
 * topics that are due. See decision 006.
 */
export class Retention {
  readonly #byMs = new Map<number, Set<Topic>>()
  readonly #onDue: (topics: readonly Topic[], now: number) => void
  // Runs only while there are topics, so that an unused server can be garbage-collected.
  #timer: Timer | undefined

  /** @param onDue called with the topics that were last used longer ago than they keep history */
  constructor(onDue: (topics: readonly Topic[], now: number) => void) {
    this.#onDue = onDue
  }

  /** Notes that a topic is used now. */
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
    this.#timer ??= setBackgroundInterval(() => this.sweep(performance.now()), sweepMs)
  }

  /** Removes a topic that was dropped. */
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
      if (due.length === sliceSize) afterTurn(() => this.sweep(now))
    }
    if (this.#byMs.size === 0) this.clear()
  }

  clear(): void {
    this.#byMs.clear()
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
