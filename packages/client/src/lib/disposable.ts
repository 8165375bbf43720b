import { onAbort } from './on-abort.js'
import type { Disposes } from './types/disposable.js'

/** `Symbol.dispose`, or its stand-in where the runtime lacks it (Safari, Node before 18.18). */
export const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')

/** Ends a subscription. Calling it again has no effect. With `using`, the end of the block calls it. */
export type Unsubscribe = (() => void) & Disposes

/** The result of a topic's `subscribe` and `on`: a function that ends the subscription. */
export type Subscription = Unsubscribe & {
  /**
   * Resolves when the topic is live: later events are delivered, or announced as missed. Rejects when the
   * server refuses the topic, with `aborted` when the subscription ends first, and with `closed` when the
   * client is closed first.
   *
   * It is safe to ignore. It stays pending while the server temporarily refuses the topic or the connection
   * is down.
   */
  readonly ready: Promise<void>
}

/** Returns an {@link Unsubscribe} that calls `end` once, also when the signal fires. */
export function unsubscriber(end: () => void, signal: AbortSignal | undefined): Unsubscribe {
  let ended = false
  let forget: (() => void) | undefined
  const stop = () => {
    if (ended) return
    ended = true
    forget?.()
    end()
  }
  // The signal may have fired while the subscription was made.
  forget = onAbort(signal, stop)
  return Object.assign(stop, { [disposeSymbol]: stop })
}
