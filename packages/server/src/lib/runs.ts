/**
 * What is being answered right now: commands and streams. Each has a signal that fires when its caller leaves or the
 * server closes, and closing waits for all of them.
 */
export class Runs {
  readonly #running = new Map<AbortController, Promise<unknown>>()
  /** Why there are no more. */
  #closed: Error | undefined

  get size(): number {
    return this.#running.size
  }

  /** Runs something that may be aborted, by `left` or by {@link abortAll}, after which it rejects with that reason. */
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

  /** Aborts everything, lets nothing begin from then on, and waits until all is over. */
  async abortAll(reason: Error): Promise<void> {
    this.#closed = reason
    const running = [...this.#running]
    for (const [controller] of running) controller.abort(reason)
    await Promise.allSettled(running.map(([, done]) => done))
  }
}
