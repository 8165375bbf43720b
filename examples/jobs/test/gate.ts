import type { Pause } from '../src/server/pause.js'

/** Holds jobs where a test wants them: each does as many batches as the test has allowed, and waits. */
export function createGate() {
  let allowed = 0
  let held: (() => void)[] = []
  /** How many batches each job has begun. A job is known by its signal. */
  const begun = new WeakMap<AbortSignal, number>()

  const pause: Pause = async (_ms, signal) => {
    const batch = (begun.get(signal) ?? 0) + 1
    begun.set(signal, batch)
    while (batch > allowed) await moreAllowed(signal)
  }

  /** Waits until more batches are allowed. */
  function moreAllowed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      held.push(() => {
        signal.removeEventListener('abort', abort)
        resolve()
      })
    })
  }

  return {
    pause,
    /** Lets each job do batches until it has done a number of them. */
    allow(batches: number): void {
      allowed = batches
      const before = held
      held = []
      for (const resume of before) resume()
    },
  }
}
