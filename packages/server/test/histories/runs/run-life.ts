import type { Fail } from '../../../src/index.js'

/** What a handler does next. */
export type Act =
  | { readonly type: 'yield'; readonly bytes: number }
  | { readonly type: 'finish'; readonly how: Finish }

/** How a handler finishes: returns its output, throws a declared error, or throws something unexpected. */
export type Finish = 'output' | 'error' | 'throw'

/** The last frame of a run. */
export interface RunEnd {
  readonly seq: number
  readonly event: string
  readonly data: string
}

/**
 * One call of a run's handler: what it has done, and what was done to it. A run has another life only after its
 * server has forgotten it.
 */
export class RunLife {
  readonly number: number
  /** The node that runs the handler. Each start of a node is another. */
  readonly node: number
  readonly signal: AbortSignal
  /** The events that the handler has handed over. */
  emitted = 0
  /** About how many bytes those are. */
  bytes = 0
  /** The epoch of its log, once a reader has seen it. */
  epoch: string | undefined
  /** The last frame, once a reader has seen it. */
  end: RunEnd | undefined
  finished: Finish | undefined
  isSettled = false
  /** When its signal fired or its handler settled. */
  overSince: number | undefined
  /** Whether somebody has asked to cancel it. */
  isCancelled = false
  /** Whether a reader has detached on purpose. */
  wasDetached = false
  /** Milliseconds for which a reader has certainly been attached. */
  attendedMs = 0
  /** Milliseconds for which its node may have known of no reader. */
  unattendedMs = 0
  /** Whether its node was closed, or cut off from the bus. */
  isDoomed = false
  /** Whether its log may be lost. */
  isLost = false
  readonly #acts: Act[]
  #wake: () => void = () => {}

  constructor(number: number, node: number, signal: AbortSignal, acts: Act[]) {
    this.number = number
    this.node = node
    this.signal = signal
    this.#acts = acts
    signal.addEventListener('abort', () => {
      this.overSince ??= Date.now()
      this.#wake()
    })
  }

  get isOver(): boolean {
    return this.overSince !== undefined
  }

  add(act: Act): void {
    this.#acts.push(act)
    this.#wake()
  }

  /** Resolves with the next act. @throws the reason of the signal, unless the handler is stubborn */
  async next(isStubborn: boolean): Promise<Act> {
    for (;;) {
      if (!isStubborn) this.signal.throwIfAborted()
      const act = this.#acts.shift()
      if (act) return act
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Returns the next event's payload. */
  item(bytes: number) {
    this.emitted += 1
    this.bytes += bytes + 100
    return { life: this.number, n: this.emitted, padding: 'x'.repeat(bytes) }
  }

  finish(how: Finish, fail: Fail<{ stopped: { after: number } }>): { count: number } {
    this.finished = how
    if (how === 'error') throw fail('stopped', { after: this.emitted })
    if (how === 'throw') throw new Error('A handler of a history failed')
    return { count: this.emitted }
  }

  settled(): void {
    this.overSince ??= Date.now()
    // The server hears of it within this turn of the event loop.
    setImmediate(() => {
      this.isSettled = true
    })
  }
}
