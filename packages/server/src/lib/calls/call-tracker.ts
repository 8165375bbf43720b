import { waitAtMost } from '../deadline.js'
import { onAbort } from '../on-abort.js'

/** How long closing waits for aborted calls, in milliseconds. */
export const abortedMs = 1_000

/**
 * The commands and streams that are running. Each has a signal that fires when its caller leaves or the
 * server closes, and closing waits for all of them.
 */
export class CallTracker {
  readonly #running = new Map<AbortController, Promise<unknown>>()
  /** Set once no call may begin any more. */
  #closeReason: Error | undefined

  get size(): number {
    return this.#running.size
  }

  /** @throws the reason given to {@link drain}, once that was called */
  requireOpen(): void {
    if (this.#closeReason) throw this.#closeReason
  }

  /** Runs a call. Its signal fires when one of `signals` does, or by {@link drain}, with the same reason. */
  run<Result>(
    signals: readonly AbortSignal[],
    body: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closeReason) return Promise.reject(this.#closeReason)
    const controller = new AbortController()
    const unfollow = signals.map((signal) => onAbort(signal, () => controller.abort(signal.reason)))
    const done = body(controller.signal).finally(() => {
      for (const stop of unfollow) stop()
      this.#running.delete(controller)
    })
    this.#running.set(controller, done)
    return done
  }

  /**
   * Refuses new calls and waits for those that are running. After `ms` milliseconds it aborts the rest, and
   * waits a moment longer for their handlers to return.
   */
  async drain(ms: number, reason: Error): Promise<void> {
    this.#closeReason = reason
    const settled = Promise.allSettled(this.#running.values())
    if (ms > 0) await waitAtMost(ms, settled)
    for (const controller of this.#running.keys()) controller.abort(reason)
    await waitAtMost(abortedMs, settled)
  }
}
