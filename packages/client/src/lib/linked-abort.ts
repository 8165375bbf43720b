import { onAbort } from './on-abort.js'

/** An abort controller that follows other signals. */
export interface LinkedAbort {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  /** Removes its listeners from the signals. Long-lived signals would accumulate them. */
  unlink(): void
}

/** Creates an abort controller that fires when any of the signals does. */
export function linkedAbort(...signals: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController()
  const unfollow = signals.map((signal) => onAbort(signal, () => controller.abort(signal?.reason)))
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink() {
      for (const forget of unfollow) forget()
    },
  }
}

/**
 * Returns a promise that settles as `value` does, or rejects with the signal's reason when the signal fires.
 */
export function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    value.then(resolve, reject).finally(onAbort(signal, () => reject(signal.reason)))
  })
}
