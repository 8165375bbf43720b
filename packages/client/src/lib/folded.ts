import { disposeSymbol, type Unsubscribe, unsubscriber } from './disposable.js'
import { onAbort } from './on-abort.js'
import type { Failure, SignalOptions } from './types/client.js'

interface Observer {
  readonly event: string
  readonly handler: (payload: never, about: never) => unknown
}

/**
 * A value that is folded from a source, which is followed while the value has observers: from the first one until a
 * while after the last one. Common to the states of topics and runs.
 */
export abstract class Folded implements Disposable {
  value: unknown
  readonly #signal: AbortSignal | undefined
  #forget = () => {}
  readonly #observers = new Set<Observer>()
  #isFollowing = false
  #isClosed = false
  #announced: 'change' | 'any' | undefined
  #leaving: ReturnType<typeof setTimeout> | undefined

  constructor({ initial, signal }: SignalOptions & { readonly initial?: unknown }) {
    this.value = initial
    this.#signal = signal
  }

  /** Subscribes to the source, from the position that the value has reached. */
  protected abstract follow(): void
  /**
   * Unsubscribes from the source.
   *
   * @param isFinal whether the state was closed, perhaps without having followed its source
   */
  protected abstract leave(isFinal: boolean): void
  /** Runs a callback of the user's, and reports the error that it throws. */
  protected abstract run(event: string, callback: () => unknown): void

  on(event: string, handler: Observer['handler'], { signal }: SignalOptions = {}): Unsubscribe {
    // An object for each: a function may be registered twice, and each registration ends by itself.
    const observer = { event, handler }
    const stop = unsubscriber(() => {
      if (!this.#observers.delete(observer) || this.#observers.size > 0) return
      // Later, since React in StrictMode, and lists that are sorted, take observers away and bring them back at once.
      this.#leaving = setTimeout(() => this.#stop(false))
    }, signal)
    if (!this.#isClosed && !signal?.aborted) {
      this.start()
      this.#observers.add(observer)
    }
    return stop
  }

  subscribe(run: (value: never) => unknown): Unsubscribe {
    const stop = this.on('any', run)
    this.run('change', () => run(this.value as never))
    return stop
  }

  readonly close = (): void => {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#observers.clear()
    this.#stop(true)
  };

  [disposeSymbol](): void {
    this.close()
  }

  /** Follows the source, unless that is done already. */
  protected start(): void {
    clearTimeout(this.#leaving)
    this.#leaving = undefined
    if (this.#isFollowing || this.#isClosed) return
    this.#isFollowing = true
    try {
      this.follow()
    } catch (error) {
      this.#isFollowing = false
      throw error
    }
    // The signal may have fired while the state had no observers.
    this.#forget = onAbort(this.#signal, this.close)
  }

  /** The source has ended by itself. */
  protected ended(): void {
    this.#isFollowing = false
    this.#forget()
  }

  /** Notifies observers once of all changes in a turn of the event loop. */
  protected announce(event: 'change' | 'any' = 'change'): void {
    if (!this.#announced) {
      queueMicrotask(() => {
        const announced = this.#announced
        this.#announced = undefined
        if (announced === 'change') this.notify('change', this.value)
        this.notify('any', this.value)
      })
    }
    if (this.#announced !== 'change') this.#announced = event
  }

  /** Calls the observers of an event. Returns whether there are any. */
  protected notify(event: string, payload: unknown, about?: Failure): boolean {
    const observers = [...this.#observers].filter((observer) => observer.event === event)
    for (const observer of observers) {
      // An earlier observer may have ended this one.
      if (this.#observers.has(observer))
        this.run(event, () => observer.handler(payload as never, about as never))
    }
    return observers.length > 0
  }

  #stop(isFinal: boolean): void {
    this.#leaving = undefined
    const wasFollowing = this.#isFollowing
    this.ended()
    if (wasFollowing || isFinal) this.leave(isFinal)
  }
}
