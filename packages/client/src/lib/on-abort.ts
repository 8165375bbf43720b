const callbacksOf = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back once when a signal fires, at once if it has fired. Returns a function that forgets the callback.
 *
 * A signal has one listener for all callbacks: Node warns of more than ten, as many calls or subscriptions with one
 * signal would have.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  let callbacks: Set<() => void> | undefined
  if (signal?.aborted) callback()
  else if (signal) {
    callbacks = callbacksOf.get(signal) ?? listen(signal)
    callbacks.add(callback)
  }
  return () => callbacks?.delete(callback)
}

function listen(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>()
  callbacksOf.set(signal, callbacks)
  signal.addEventListener('abort', () => {
    for (const call of callbacks) call()
  })
  return callbacks
}
