import { onAbort } from '../on-abort.js'

/** The longest time, in milliseconds, for which a call waits for subscriptions. */
const maxWaitMs = 3_000

/** A call that waits for earlier subscriptions. */
export interface OrderedCall {
  readonly signal: AbortSignal
  /** Milliseconds the call may take in all. It waits for half of that at most. */
  readonly timeoutMs?: number
}

/** A topic that calls wait for. */
export interface OrderedTopic {
  /** Whether the topic continues from a position, so that it receives what was emitted before it is live. */
  readonly hasPosition: boolean
  /** Called when a call is sent before the topic is live. */
  onOvertaken(): void
}

/**
 * Keeps a program's order: sends a call that is made after a subscription once the subscription is live or
 * refused.
 *
 * Calls do not wait while the connection is down. A topic that a call did not wait for may miss the call's
 * events, so it receives a gap when it is live.
 */
export class ProgramOrder {
  /** The topics that were requested and are not live yet. */
  readonly #pending = new Set<OrderedTopic>()
  /** The topics that each call waits for, by the function that sends the call. */
  readonly #waiting = new Map<() => void, Set<OrderedTopic>>()

  /** Has later calls wait for a topic. */
  add(topic: OrderedTopic): void {
    this.#pending.add(topic)
  }

  /** Ends the waiting for a topic that is live, refused or released. */
  settle(topic: OrderedTopic): void {
    if (!this.#pending.delete(topic)) return
    for (const [send, topics] of this.#waiting) if (topics.delete(topic) && topics.size === 0) send()
  }

  /** Sends all waiting calls, since the connection is down. */
  release(): void {
    for (const send of [...this.#waiting.keys()]) send()
  }

  /** Resolves when a call may be sent, or its signal fires. */
  async waitTurn(
    isUp: boolean,
    { signal, timeoutMs = Number.POSITIVE_INFINITY }: OrderedCall,
  ): Promise<void> {
    const topics = new Set([...this.#pending].filter(({ hasPosition }) => !hasPosition))
    if (topics.size === 0 || signal.aborted) return
    if (isUp) await this.#wait(topics, Math.min(maxWaitMs, timeoutMs / 2), signal)
    if (!signal.aborted) for (const topic of topics) topic.onOvertaken()
  }

  #wait(topics: Set<OrderedTopic>, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const send = () => {
        clearTimeout(timer)
        forget()
        this.#waiting.delete(send)
        resolve()
      }
      const timer = setTimeout(send, ms)
      const forget = onAbort(signal, send)
      this.#waiting.set(send, topics)
    })
  }
}
