import { TidingsError } from '@tidings/core'
import { encodeSignal, toProblem, withRetry } from '@tidings/core/wire'
import { jittered } from './jitter.js'

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'draining' | 'closed'; readonly drainMs: number; readonly done: Promise<void> }

/**
 * The life of a server.
 *
 * | state      | requests | emits    | opening streams | next                                  |
 * | ---------- | -------- | -------- | --------------- | ------------------------------------- |
 * | `open`     | answered | accepted | continue        | `draining`, by {@link close}          |
 * | `draining` | refused  | accepted | end at once     | `closed`, when the last call has ended |
 * | `closed`   | refused  | rejected | end at once     |                                       |
 */
export class ServerLife {
  readonly #retryMs: number
  #state: State = { kind: 'open' }

  constructor(retryMs: number) {
    this.#retryMs = retryMs
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open'
  }

  get isClosed(): boolean {
    return this.#state.kind === 'closed'
  }

  /** Begins to drain. Resolves when `shutDown` has; a second call returns the same promise. */
  close(drainMs: number, shutDown: () => Promise<void>): Promise<void> {
    if (this.#state.kind !== 'open') return this.#state.done
    // Deferred until the state is set: a hook may close the server again.
    const done = Promise.resolve().then(shutDown)
    this.#state = { kind: 'draining', drainMs, done }
    return done
  }

  /** Ends draining: no call may emit any more. */
  finish(): void {
    if (this.#state.kind === 'draining') this.#state = { ...this.#state, kind: 'closed' }
  }

  /** Returns the error for a request that is refused because the server is closing. */
  refusal(): TidingsError {
    return closing(Math.ceil(jittered(this.#retryMs)))
  }

  /**
   * Returns the last frame of a connection; undefined while the server is open.
   *
   * Both an EventSource and Tidings' own client read from it when to reconnect. An EventSource keeps that time until
   * the next one, so each connection gets its own.
   */
  shutdownFrame(): string | undefined {
    if (this.#state.kind === 'open') return undefined
    const waitMs = Math.round(jittered(this.#retryMs) + Math.random() * this.#state.drainMs)
    return withRetry(waitMs, encodeSignal('$error', toProblem(closing(waitMs))))
  }
}

function closing(retryAfterMs: number): TidingsError {
  return new TidingsError({ code: 'unavailable', message: 'The server is closing', retryAfterMs })
}
