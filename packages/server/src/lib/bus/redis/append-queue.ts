import { TidingsError } from '@tidings/core'
import { TimeoutError, withTimeout } from '../../deadline.js'
import type { HistoryBounds } from '../../history.js'
import { batchSize } from '../batch-size.js'
import type { TopicLogs } from './topic-logs.js'

interface QueuedEvent {
  readonly body: string
  /** In milliseconds of a monotonic clock. The event is rejected unless it is sent before. */
  readonly sendBy: number
  readonly keep: HistoryBounds
  resolve(): void
  reject(error: unknown): void
}

/**
 * Appends to each topic one batch at a time; events that are emitted meanwhile form the next. A batch that is
 * sent again, after a function was loaded or a slot moved, therefore cannot overtake a later one. See
 * decision 011.
 */
export class AppendQueue {
  readonly #logs: Pick<TopicLogs, 'append'>
  readonly #maxLength: number
  readonly #timeoutMs: number
  readonly #topics = new Map<string, QueuedEvent[]>()
  /** How many characters are queued or being sent. */
  #length = 0

  /**
   * @param maxLength the most characters that may be queued or being sent, over all topics
   * @param timeoutMs how long an event may be queued, and how long its batch may take
   */
  constructor(logs: Pick<TopicLogs, 'append'>, maxLength: number, timeoutMs: number) {
    this.#logs = logs
    this.#maxLength = maxLength
    this.#timeoutMs = timeoutMs
  }

  /** Rejects with `unavailable` if the queue is full. */
  append(topic: string, body: string, keep: HistoryBounds): Promise<void> {
    if (this.#length + body.length > this.#maxLength) {
      const message = `More than ${this.#maxLength} characters are waiting for Redis. Emit less or later`
      return Promise.reject(new TidingsError({ code: 'unavailable', message }))
    }
    this.#length += body.length
    return new Promise((resolve, reject) => {
      const event = { body, keep, sendBy: performance.now() + this.#timeoutMs, resolve, reject }
      const queue = this.#topics.get(topic)
      if (queue) {
        queue.push(event)
        return
      }
      const newQueue = [event]
      this.#topics.set(topic, newQueue)
      // In a microtask, so that the first batch has all events of this turn.
      queueMicrotask(() => void this.#run(topic, newQueue))
    })
  }

  async #run(topic: string, queue: QueuedEvent[]): Promise<void> {
    while (queue.length > 0) {
      this.#rejectLate(queue)
      const batch = queue.splice(0, batchSize(queue))
      if (batch.length > 0) await this.#send(topic, batch)
    }
    this.#topics.delete(topic)
  }

  /** Rejects the events that were queued for too long. The oldest come first. */
  #rejectLate(queue: QueuedEvent[]): void {
    const now = performance.now()
    const first = queue.findIndex(({ sendBy }) => sendBy > now)
    for (const { body, reject } of queue.splice(0, first < 0 ? queue.length : first)) {
      this.#length -= body.length
      reject(new TimeoutError(this.#timeoutMs))
    }
  }

  async #send(topic: string, batch: readonly QueuedEvent[]): Promise<void> {
    const [{ keep }] = batch as [QueuedEvent]
    const bodies = batch.map(({ body }) => body)
    const sending = this.#logs.append(topic, bodies, keep)
    // A batch that timed out still takes memory until the Redis client has dropped it.
    const release = () => {
      for (const { length } of bodies) this.#length -= length
    }
    sending.then(release, release)
    try {
      await withTimeout(this.#timeoutMs, sending)
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
