/** A timer: an object in Node, a number in browsers. */
export type Timer = ReturnType<typeof setTimeout>

/** Sets a timer that does not keep the process running. */
export function setBackgroundTimeout(task: () => void, ms: number): Timer {
  return unref(setTimeout(task, ms))
}

/** Sets a repeating timer that does not keep the process running. */
export function setBackgroundInterval(task: () => void, ms: number): Timer {
  return unref(setInterval(task, ms))
}

/** A browser has no process to keep running, and its timers no `unref`. */
function unref(timer: Timer): Timer {
  const { unref } = timer as unknown as { unref?(): void }
  unref?.call(timer)
  return timer
}
