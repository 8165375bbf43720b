import { TidingsError } from '@tidings/core'
import type { Cursor } from '@tidings/core/wire'
import { Folded } from '../folded.js'
import type { ErrorContext } from '../options/client-options.js'
import { type Reporter, runReporting } from '../reporting.js'
import type { SignalOptions } from '../types/client.js'
import type { RunSink } from './run-queue.js'
import type { RunEnd, RunEvent } from './run-reader.js'

/** Returns the next value, from the last one and an event. */
export type RunReducer = (state: unknown, event: RunEvent) => unknown

/** The run that is folded. */
export interface FoldableRun extends Reporter {
  readonly at: ErrorContext
  /**
   * Passes the events from a position, by default all, to a state. Returns a function that ends this, and returns the
   * position that the state has reached.
   */
  read(state: FoldedRun, from: Cursor | undefined): () => Cursor | undefined
  /** Does not expect a state to read any more. */
  release(state: FoldedRun): void
}

/** A run that is folded into one value. Its type is `RunState` in `types/client.ts`. */
export class FoldedRun extends Folded implements RunSink {
  readonly #run: FoldableRun
  readonly #reducer: RunReducer
  #leave: (() => Cursor | undefined) | undefined
  #cursor: Cursor | undefined
  #end: RunEnd | undefined

  constructor(run: FoldableRun, reducer: RunReducer, options: SignalOptions & { initial: unknown }) {
    super(options)
    this.#run = run
    this.#reducer = reducer
    if (options.signal?.aborted) this.close()
  }

  get status(): 'running' | RunEnd['status'] {
    return this.#end?.status ?? 'running'
  }

  get output(): unknown {
    return this.#end?.status === 'done' ? this.#end.output : undefined
  }

  get error(): TidingsError | undefined {
    return this.#end?.status === 'failed' ? this.#end.error : undefined
  }

  onEvent(event: RunEvent): void {
    const before = this.value
    this.run(event.type, () => {
      this.value = this.#reducer(before, event)
    })
    if (!Object.is(before, this.value)) this.announce()
  }

  onEnded(end: RunEnd): void {
    // A state that leaves may come back.
    if (!this.#leave) return
    this.ended()
    this.#end = end
    this.announce()
  }

  protected follow(): void {
    if (this.#end) return
    this.#leave = this.#run.read(this, this.#cursor)
  }

  protected leave(isFinal: boolean): void {
    const leave = this.#leave
    this.#leave = undefined
    if (leave) this.#cursor = leave() ?? this.#cursor
    if (!isFinal) return
    this.#run.release(this)
    const error = new TidingsError({ code: 'aborted', message: 'The state of the run was closed' })
    this.#end ??= { status: 'failed', error }
  }

  protected run(event: string, callback: () => unknown): void {
    const { at } = this.#run
    runReporting(this.#run, () => ({ what: `A handler of ${at.channel}`, ...at, event }), callback)
  }
}
