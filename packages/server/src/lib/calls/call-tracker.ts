import { waitAtMost } from '../deadline.js'

/** How long something is waited for that was aborted. */
const abortedMs = 1_000

/**
 * What is being answered right now: commands and streams. Each has a signal that fires when its caller leaves or the
 * server has closed, and closing waits for all of them.
 */
export class CallTracker {
  readonly #running = new Map<AbortController, Promise<unknown>>()
  /** Why there are no more. */
  #closed: Error | undefined

  get size(): number {
    return this.#running.size
  }

  /** @throws what {@link drain} was given, if nothing may begin any more */
  requireOpen(): void {
    if (this.#closed) throw this.#closed
  }

  /** Runs something that may be aborted, by `left` or by {@link drain}, after which it rejects with that reason. */
  run<Result>(left: AbortSignal, body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(this.#closed)
    const controller = new AbortController()
    const leave = () => controller.abort(left.reason)
    if (left.aborted) leave()
    else left.addEventListener('abort', leave, { once: true })
    const done = body(controller.signal).finally(() => {
      left.removeEventListener('abort', leave)
      this.#running.delete(controller)
    })
    this.#running.set(controller, done)
    return done
  }

  /**
   * Lets nothing begin from now on, waits until all is over, and aborts what is not by then. Something that goes on
   * regardless is waited for no longer than a moment.
   */
  async drain(ms: number, reason: Error): Promise<void> {
    this.#closed = reason
    const over = Promise.allSettled(this.#running.values())
    if (ms > 0) await waitAtMost(ms, over)
    for (const controller of this.#running.keys()) controller.abort(reason)
    await waitAtMost(abortedMs, over)
  }
}
