/**
 * Calls a listener when a signal fires, or at once if it has. Returns a function that removes the listener.
 *
 * Used instead of `AbortSignal.any`. On Node 20, a source keeps every signal derived from it for as long as
 * it lives (nodejs/node#54614). Later lines keep those with listeners (#64476), or may lose an abort
 * (#65995).
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener()
    return () => {}
  }
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
