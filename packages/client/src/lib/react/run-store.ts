import type { TidingsError } from '@tidings/core'
import type { Run, RunState } from '../types/client.js'

/** An event of a run, without its types. */
export interface StoredEvent {
  readonly type: string
  readonly data: unknown
}

/** What a component shows of a run. The same object until a member changes. */
export interface ShownRun {
  readonly id: string | undefined
  readonly events: readonly StoredEvent[]
  readonly status: 'idle' | 'running' | 'done' | 'failed'
  readonly output: unknown
  readonly error: TidingsError | undefined
}

const noEvents: readonly StoredEvent[] = []
const idle: ShownRun = {
  id: undefined,
  events: noEvents,
  status: 'idle',
  output: undefined,
  error: undefined,
}

/** The run that a component shows, if there is one. It reads nothing before React subscribes to it. */
export class RunStore {
  readonly run: Run<unknown, unknown> | undefined
  #state: RunState<number, unknown> | undefined
  readonly #events: StoredEvent[] = []
  #shown = idle
  #wasObserved = false

  constructor(run: Run<unknown, unknown> | undefined) {
    this.run = run
    if (!run) return
    this.#shown = { ...idle, id: run.id, status: 'running' }
    this.#state = run.state(
      (count, event: StoredEvent) => {
        this.#events.push(event)
        return count + 1
      },
      { initial: 0 },
    )
  }

  readonly getShown = (): ShownRun => this.#shown

  readonly subscribe = (notify: () => void): (() => void) => {
    this.#wasObserved = true
    const state = this.#state
    if (!state) return () => {}
    return state.subscribe((count) => {
      const { events, status } = this.#shown
      if (count === events.length && status === state.status) return
      this.#shown = {
        ...this.#shown,
        // One copy for all events of a turn.
        events: count === events.length ? events : this.#events.slice(),
        status: state.status,
        output: state.output,
        error: state.error,
      }
      notify()
    })
  }

  /** Detaches from a run that no component has come to show. A component that comes later attaches again. */
  abandon(): void {
    // As an observer that leaves. A state that was closed would stay closed.
    if (!this.#wasObserved) this.#state?.subscribe(() => {})()
  }

  /** Detaches for good, for another run. A commit that precedes that of the other run shows no failure. */
  replace(): void {
    if (this.#wasObserved) return
    this.#state?.close()
    this.#state = undefined
  }
}
