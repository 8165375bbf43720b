import type { TidingsError } from '@tidings/core'
import type { TopicState } from '../types/client.js'
import type { IdentifiedTopic } from './same-topic.js'

/** What a component shows of a topic. The same object until a member changes. */
export interface ShownTopic {
  readonly value: unknown
  readonly isCurrent: boolean
  readonly isPrevious: boolean
  readonly error: TidingsError | undefined
}

/** A topic that can be folded, without its types. */
export interface StoredTopic extends IdentifiedTopic {
  state(reducer: StoredReducer, options: StoredOptions): TopicState<unknown, unknown>
}

export type StoredReducer = (state: never, event: never) => unknown

export interface StoredOptions {
  readonly initial?: unknown
  readonly seed?: { readonly cursor: string } | undefined
}

/**
 * The topic that a component shows, and until it has a value, perhaps the one that the component has shown before.
 *
 * It is made while rendering, and subscribes to nothing before React subscribes to it.
 */
export class TopicStore {
  readonly topic: StoredTopic | undefined
  /** Changes with each render that is committed. */
  reducer: StoredReducer
  readonly #state: TopicState<unknown, unknown> | undefined
  /** Whether the topic has no snapshot, so that it has a value once it is live. */
  readonly #waitsForLive: boolean
  #previous: TopicStore | undefined
  #stands: boolean
  #failure: TidingsError | undefined
  #shown: ShownTopic

  /** @throws TidingsError `invalid_options` for a seed whose cursor is not a position */
  constructor(
    topic: StoredTopic | undefined,
    reducer: StoredReducer,
    options: StoredOptions,
    previous: TopicStore | undefined,
  ) {
    this.topic = topic
    this.reducer = reducer
    const state = topic?.state((value, event) => this.reducer(value, event), options)
    this.#state = state
    this.#stands = !state || (options.seed !== undefined && state.isCurrent)
    this.#waitsForLive = !this.#stands && state?.isCurrent === true
    this.#previous = previous
    this.#shown = { value: options.initial, isCurrent: false, isPrevious: false, error: undefined }
    this.#refresh()
  }

  /** The store whose value is shown, if there is one: this store, or the previous one until this one has a value. */
  get standing(): TopicStore | undefined {
    return this.#stands ? this : this.#previous
  }

  readonly getShown = (): ShownTopic => this.#shown

  readonly subscribe = (notify: () => void): (() => void) => {
    let leavePrevious: (() => void) | undefined
    const update = () => {
      if (this.#stands) leavePrevious?.()
      if (this.#refresh()) notify()
    }
    leavePrevious = this.#stands ? undefined : this.#previous?.subscribe(update)
    const leave = this.#follow(update)
    return () => {
      leave()
      leavePrevious?.()
    }
  }

  #follow(update: () => void): () => void {
    const state = this.#state
    if (!state) return () => {}
    const stand = () => {
      this.#stands = true
      update()
    }
    try {
      const unhandle = state.on('error', (_problem, { isFinal }) => (isFinal ? stand() : update()))
      const unsubscribe = state.subscribe(() => (this.#hasValue || isClosed(state) ? stand() : update()))
      if (this.#waitsForLive) state.ready.then(stand, () => {})
      return () => {
        unhandle()
        unsubscribe()
      }
    } catch (error) {
      // The client was closed. A component that does not show errors would wait forever: the console has to say why.
      this.#failure = error as TidingsError
      stand()
      queueMicrotask(() => {
        throw error
      })
      return () => {}
    }
  }

  get #hasValue(): boolean {
    return !this.#waitsForLive && this.#state?.isCurrent === true
  }

  /** Returns whether what is shown has changed. */
  #refresh(): boolean {
    const before = this.#shown
    if (this.#stands) this.#previous = undefined
    const previous = this.#previous?.getShown()
    const state = this.#state
    const next: ShownTopic = {
      value: previous ? previous.value : state ? state.value : before.value,
      isCurrent: !previous && state?.isCurrent === true,
      isPrevious: previous !== undefined,
      error: this.#failure ?? state?.error,
    }
    const members = Object.keys(next) as (keyof ShownTopic)[]
    if (members.every((member) => Object.is(next[member], before[member]))) return false
    this.#shown = next
    return true
  }
}

/** Whether the client was closed, so that nothing more comes. */
function isClosed({ error }: TopicState<unknown, unknown>): boolean {
  return error?.code === 'closed'
}
