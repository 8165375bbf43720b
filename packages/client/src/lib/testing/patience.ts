// Read once: the time of a test that fakes timers does not pass by itself.
const { setTimeout, clearTimeout } = globalThis

/** Milliseconds of real time for which a kit waits for what a test expects. Test runners give up after 5 s. */
const patienceMs = 4_000

/**
 * Settles as `value` does, or rejects when that takes too long.
 *
 * @param message returns what was waited for, what happened instead, and what to do
 */
export function withPatience<Value>(value: Promise<Value>, message: () => string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(message())), patienceMs)
    value.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
