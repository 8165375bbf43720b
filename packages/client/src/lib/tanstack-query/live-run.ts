import type { QueryCache, QueryCacheNotifyEvent } from '@tanstack/query-core'
import { TidingsError } from '@tidings/core'
import { type AnyQuery, collectLater, type QueryWatcher, watchQuery } from './query-watch.js'

/** The data of a run's query. */
export interface RunData<Value, Output> {
  /** Identifies the run: store it, and attach to the run with it. */
  readonly id: string
  /** `running` until the run has its output (`done`), or has failed. */
  readonly status: 'running' | 'done' | 'failed'
  /** The events so far, folded. */
  readonly value: Value
  /** The output, once the status is `done`. */
  readonly output: Output | undefined
}

/** Returns the next value, from the last one and an event. */
export type RunReducer = (value: unknown, event: { readonly type: string; readonly data: unknown }) => unknown

/** A run that is read. */
export interface ReadableRun {
  readonly id: string
  state(reducer: RunReducer, options: { initial: unknown }): ReadState
}

interface ReadState {
  readonly value: unknown
  readonly status: 'running' | 'done' | 'failed'
  readonly output: unknown
  readonly error: TidingsError | undefined
  on(event: 'change', handler: () => void): unknown
  close(): void
}

interface Settle {
  resolve(data: unknown): void
  reject(error: TidingsError): void
}

const lives = new WeakMap<object, LiveRun>()

/** Returns the promise of the data of the run that a query reads, if it does. */
export function liveRunOf(query: object): Promise<unknown> | undefined {
  return lives.get(query)?.data
}

/** Reads a run for a query, whose data grows with the events. Resolves with the data when the run is over. */
export function readRun(
  cache: QueryCache,
  query: AnyQuery,
  run: ReadableRun,
  reducer: RunReducer,
  initial: unknown,
): Promise<unknown> {
  return new LiveRun(cache, query, run, reducer, initial).data
}

/**
 * The reading of one run for a query. It continues while the query has no observers, for its `gcTime`, and ends with the
 * run, when the fetch is cancelled, and when the query is removed.
 */
class LiveRun implements QueryWatcher {
  readonly data: Promise<unknown>
  readonly #cache: QueryCache
  readonly #query: AnyQuery
  readonly #id: string
  readonly #state: ReadState
  readonly #unwatch: () => void
  #settle: Settle | undefined
  #hasWritten = false
  #unobserved: ReturnType<typeof setTimeout> | undefined

  constructor(cache: QueryCache, query: AnyQuery, run: ReadableRun, reducer: RunReducer, initial: unknown) {
    this.#cache = cache
    this.#query = query
    this.#id = run.id
    this.data = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#state = run.state(reducer, { initial })
    this.#state.on('change', () => this.#onChange())
    this.#unwatch = watchQuery(cache, query, this)
    lives.set(query, this)
  }

  onEvent({ type }: QueryCacheNotifyEvent): void {
    const query = this.#query
    if (type === 'removed') this.#leave()
    else if (type === 'updated' && query.state.fetchStatus === 'idle') this.#leave()
    else if (type === 'observerAdded') clearTimeout(this.#unobserved)
    else if (type === 'observerRemoved') this.#unobserved = collectLater(this.#cache, query, () => true)
  }

  #onChange(): void {
    const { status, error } = this.#state
    if (status === 'running') this.#write()
    else if (status === 'done') this.#end()?.resolve(this.#snapshot)
    else if (error) {
      // A client that was closed has left the run, which may go on.
      if (error.code !== 'closed') this.#writeFailed()
      this.#end()?.reject(error)
    }
  }

  get #snapshot(): RunData<unknown, unknown> {
    const { value, status, output } = this.#state
    return { id: this.#id, status, value, output }
  }

  #write(): void {
    this.#hasWritten = true
    this.#query.setData(this.#snapshot, { manual: true })
  }

  /** Writes that the run has failed, also to data that an earlier reading of the run has left. */
  #writeFailed(): void {
    const data = this.#query.state.data as RunData<unknown, unknown> | undefined
    if (data?.id !== this.#id) return
    this.#query.setData(
      { ...data, ...(this.#hasWritten && this.#snapshot), status: 'failed' },
      { manual: true },
    )
  }

  /** Detaches from the run. The last reader that does ends the run on the server. */
  #leave(): void {
    this.#end()?.reject(
      new TidingsError({ code: 'aborted', message: 'The fetch of the query was cancelled' }),
    )
    this.#state.close()
  }

  /** Forgets the query. Returns what settles its fetch. */
  #end(): Settle | undefined {
    clearTimeout(this.#unobserved)
    this.#unwatch()
    if (lives.get(this.#query) === this) lives.delete(this.#query)
    return this.#settle
  }
}
