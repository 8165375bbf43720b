import { onAbort } from './on-abort.js'

/** An abort controller that follows other signals. */
export interface LinkedAbort {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  /** Removes its listeners from the signals. Long-lived signals would accumulate them. */
  unlink(): void
}

/** Creates an abort controller that fires when any of the signals does, with the reason in every runtime. */
export function linkedAbort(...signals: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController()
  const { signal } = controller
  const abort = (reason?: unknown) => {
    // React Native's controller ignores the reason. Elsewhere the property is read-only, and stays.
    if (!signal.aborted) Reflect.set(signal, 'reason', reason)
    controller.abort(reason)
  }
  const unfollow = signals.map((followed) => onAbort(followed, () => abort(followed?.reason)))
  return {
    signal,
    abort,
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
