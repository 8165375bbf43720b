/** Waits, or rejects with the signal's reason. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

/** Waits for a time. With the timers of the global scope, which the clock of a test server moves. */
export const pause: Pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const abort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal.addEventListener('abort', abort, { once: true })
  })
