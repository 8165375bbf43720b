import { TidingsError } from '@tidings/core'
import { TimeoutError, withTimeout } from '../../deadline.js'
import type { HistoryBounds } from '../../history.js'

/** How many events are appended in one step, and of how many characters, unless one alone is longer. */
const maxBatch = { count: 500, length: 1024 * 1024 }

interface Pending {
  readonly body: string
  /** Until when it may be sent, in milliseconds of a monotonic clock. */
  readonly until: number
  readonly keep: HistoryBounds
  resolve(): void
  reject(error: unknown): void
}

/** Sends events to be appended to a topic, in one step. */
export type SendBatch = (topic: string, bodies: readonly string[], keep: HistoryBounds) => Promise<void>

/**
 * Appends to each topic one batch at a time, in which is what was emitted while the one before was on its way: so that
 * what is sent again, to another node of a cluster or after a function was loaded, cannot overtake what follows it.
 */
export class AppendQueue {
  readonly #send: SendBatch
  readonly #maxLength: number
  readonly #timeoutMs: number
  readonly #topics = new Map<string, Pending[]>()
  /** How many characters are waiting or on their way. */
  #length = 0

  /**
   * @param maxLength how many characters may wait or be on their way in all
   * @param timeoutMs how long an event may wait to be sent, and how long its batch is waited for
   */
  constructor(maxLength: number, timeoutMs: number, send: SendBatch) {
    this.#maxLength = maxLength
    this.#timeoutMs = timeoutMs
    this.#send = send
  }

  /** @throws TidingsError `unavailable` if too much is waiting */
  append(topic: string, body: string, keep: HistoryBounds): Promise<void> {
    if (this.#length + body.length > this.#maxLength) {
      const message = `More than ${this.#maxLength} characters are waiting for Redis. Emit less or later`
      return Promise.reject(new TidingsError({ code: 'unavailable', message }))
    }
    this.#length += body.length
    return new Promise((resolve, reject) => {
      const pending = { body, keep, until: performance.now() + this.#timeoutMs, resolve, reject }
      const queue = this.#topics.get(topic)
      if (queue) {
        queue.push(pending)
        return
      }
      const started = [pending]
      this.#topics.set(topic, started)
      // At the end of this turn, with all that is emitted in it.
      queueMicrotask(() => void this.#run(topic, started))
    })
  }

  async #run(topic: string, queue: Pending[]): Promise<void> {
    while (queue.length > 0) {
      this.#giveUpLate(queue)
      const batch = queue.splice(0, batchSize(queue))
      if (batch.length > 0) await this.#deliver(topic, batch)
    }
    this.#topics.delete(topic)
  }

  /** Refuses what has waited too long behind others: they stand in the order in which they came. */
  #giveUpLate(queue: Pending[]): void {
    const now = performance.now()
    const first = queue.findIndex(({ until }) => until > now)
    for (const { body, reject } of queue.splice(0, first < 0 ? queue.length : first)) {
      this.#length -= body.length
      reject(new TimeoutError(this.#timeoutMs))
    }
  }

  async #deliver(topic: string, batch: readonly Pending[]): Promise<void> {
    const [{ keep }] = batch as [Pending]
    const bodies = batch.map(({ body }) => body)
    const sending = this.#send(topic, bodies, keep)
    // One that is not waited for any more takes its room nonetheless, until the client lets go of it.
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

function batchSize(queue: readonly Pending[]): number {
  let length = 0
  for (const [count, { body }] of queue.entries()) {
    length += body.length
    if (count > 0 && (count === maxBatch.count || length > maxBatch.length)) return count
  }
  return queue.length
}
