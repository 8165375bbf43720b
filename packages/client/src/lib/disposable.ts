/** `Symbol.dispose`, also where the runtime does not have it yet (Safari, Node before 18.18). */
export const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')

/** Ends what it was handed out for; ending it twice is ending it once. With `using`, the end of the block does. */
export type Unsubscribe = (() => void) & Disposable

/** Makes an {@link Unsubscribe} of what ends something, and has a signal end it as well. */
export function unsubscriber(end: () => void, signal: AbortSignal | undefined): Unsubscribe {
  let ended = false
  const stop = () => {
    if (ended) return
    ended = true
    signal?.removeEventListener('abort', stop)
    end()
  }
  // It may have fired while the subscription was being made.
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  return Object.assign(stop, { [disposeSymbol]: stop })
}
