import type { Disposes } from './types/disposable.js'

/** `Symbol.dispose`, also where the runtime does not have it yet (Safari, Node before 18.18). */
export const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')

/** Ends what it was handed out for; ending it twice is ending it once. With `using`, the end of the block does. */
export type Unsubscribe = (() => void) & Disposes

/** What `subscribe` and `on` of a topic return: it ends the subscription. */
export type Subscription = Unsubscribe & {
  /**
   * Resolves when the topic is live: what is emitted from then on is delivered, or announced as missed. Rejects when the
   * server refuses the topic, and with `aborted` or `closed` when the subscription or the client is ended before.
   *
   * It is safe to ignore. While the server refuses the topic for now, or the connection is down, it stays pending.
   */
  readonly ready: Promise<void>
}

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
