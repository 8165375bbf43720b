import type { TopicSubscription } from '../topics/topic-subscription.js'

/** The longest a call waits for subscriptions, in milliseconds. */
const maxWaitMs = 3_000

/** How a call waits. */
export interface OrderedCall {
  readonly signal: AbortSignal
  /** How long the call may take in all, in milliseconds. It spends half of that on waiting at the most. */
  readonly timeoutMs?: number
}

/**
 * Keeps a program's order: a call that is made after a subscription is sent once that is live or refused.
 *
 * Nothing is waited for while the connection is down. A topic that a call did not wait for may miss what the call brings
 * about, so that it gets a gap when it is live.
 */
export class ProgramOrder {
  /** The topics that are asked for and are not live yet. */
  readonly #pending = new Set<TopicSubscription>()
  /** The calls that wait, with what each waits for. */
  readonly #waiting = new Map<() => void, Set<TopicSubscription>>()

  /** A topic is asked for. */
  add(wire: TopicSubscription): void {
    this.#pending.add(wire)
  }

  /** A topic is live, refused or left. */
  settle(wire: TopicSubscription): void {
    if (!this.#pending.delete(wire)) return
    for (const [go, wires] of this.#waiting) if (wires.delete(wire) && wires.size === 0) go()
  }

  /** The connection is down: calls are sent at once. */
  release(): void {
    for (const go of [...this.#waiting.keys()]) go()
  }

  /** Resolves when a call may be sent, or its signal fires. */
  async waitTurn(
    isUp: boolean,
    { signal, timeoutMs = Number.POSITIVE_INFINITY }: OrderedCall,
  ): Promise<void> {
    // What has a cursor brings what happens meanwhile.
    const wires = new Set([...this.#pending].filter(({ cursor }) => cursor === undefined))
    if (wires.size === 0 || signal.aborted) return
    if (isUp) await this.#wait(wires, Math.min(maxWaitMs, timeoutMs / 2), signal)
    if (!signal.aborted) for (const wire of wires) wire.overtaken()
  }

  #wait(wires: Set<TopicSubscription>, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', go)
        this.#waiting.delete(go)
        resolve()
      }
      const timer = setTimeout(go, ms)
      signal.addEventListener('abort', go)
      this.#waiting.set(go, wires)
    })
  }
}
