/** Runs a callback of the user's. What it throws must not stop what called it: it is for the runtime to report. */
export function runGuarded(callback: () => void): void {
  try {
    callback()
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}
