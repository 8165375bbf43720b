import { setBackgroundTimeout } from './runtime/timers.js'

/** Resolves after a number of milliseconds, or when a signal fires. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = Number.isFinite(ms) ? setBackgroundTimeout(done, ms) : undefined
    if (signal?.aborted) done()
    else signal?.addEventListener('abort', done)
  })
}
