import type { DataTag, QueryFunction, QueryObserverOptions } from '@tanstack/query-core'
import { type EventUnion, type FailureUnion, TidingsError } from '@tidings/core'
import type { StreamClient, VariablesOf } from '../types/client.js'
import { liveRunOf, type ReadableRun, type RunData, type RunReducer, readRun } from './live-run.js'
import { type RunQueryKey, runQueryKey } from './query-keys.js'

/** The run that a query reads: one that the query starts with an input, or one that was started elsewhere. */
export type RunSource<Input> =
  | { readonly id: string; readonly input?: never }
  | (undefined extends Input
      ? { readonly input?: Input; readonly id?: never }
      : { readonly input: Input; readonly id?: never })

/** Options of a run's query. */
export interface RunQueryConfig {
  /** Distinguishes queries that fold one run with different reducers: it becomes part of the key. */
  readonly as?: string
}

/** Options of a run's query whose value is not the list of events. */
export interface FoldedRunQueryConfig<Value> extends RunQueryConfig {
  /** The value before the first event. */
  readonly initial: Value
}

type Observed<Data, Failure> = QueryObserverOptions<Data, Failure, Data, Data, RunQueryKey>

/** The options of a run's query, for `useQuery` of every framework. */
export interface RunQueryOptions<Data, Failure>
  extends Pick<
    Observed<Data, Failure>,
    | 'staleTime'
    | 'refetchOnMount'
    | 'refetchOnWindowFocus'
    | 'refetchOnReconnect'
    | 'retry'
    | 'retryOnMount'
    | 'networkMode'
    | 'structuralSharing'
    | 'throwOnError'
  > {
  /** Begins with the path of the stream. `getQueryData` infers the type of the data from it. */
  queryKey: DataTag<RunQueryKey, Data, Failure>
  queryFn: QueryFunction<Data, RunQueryKey>
}

/** A stream whose runs are read. */
interface ReadableStream {
  readonly path: string
  (input: unknown): ReadableRun
  attach(id: string): ReadableRun
}

/**
 * Returns the options of a query that reads a run, folded into a value of any type. See the other signature.
 */
export function runQuery<Input, Events, Output, Errors, Value>(
  stream: StreamClient<Input, Events, Output, Errors>,
  source: RunSource<VariablesOf<Input>>,
  reducer: (value: Value, event: EventUnion<Events>) => Value,
  config: FoldedRunQueryConfig<Value>,
): RunQueryOptions<RunData<Value, Output>, FailureUnion<Errors>>
/**
 * Returns the options of a query that reads a run: its data is `{ id, status, value, output }`, where `value` is the list of
 * events.
 *
 * - With `{ input }`, the first fetch starts a run; with `{ id }`, it attaches to one. The data grows with the events, once
 *   for all that arrive together, and the query is fetching until the run is over.
 * - The query is static: only `refetch()` of a query that is not fetching starts a new run, and attaches again where data
 *   of an unfinished run was stored or hydrated.
 * - The reading continues without observers for the query's `gcTime`. `cancelQueries` and removing the query detach; the
 *   last reader that detaches ends the run on the server, unless the `lingerMs` of its handler is `Infinity`.
 * - A run that fails makes the query fail, with the errors of the stream, discriminated by `code`. The data stays.
 */
export function runQuery<Input, Events, Output, Errors>(
  stream: StreamClient<Input, Events, Output, Errors>,
  source: RunSource<VariablesOf<Input>>,
  reducer?: undefined,
  config?: RunQueryConfig,
): RunQueryOptions<RunData<EventUnion<Events>[], Output>, FailureUnion<Errors>>
export function runQuery(
  stream: ReadableStream,
  { id, input }: { readonly id?: string; readonly input?: unknown },
  reducer: RunReducer = appended,
  { initial = [], as }: RunQueryConfig & { readonly initial?: unknown } = {},
): object {
  const options: RunQueryOptions<unknown, unknown> = {
    queryKey: runQueryKey(stream.path, id === undefined ? { input } : { id }, as) as RunQueryOptions<
      unknown,
      unknown
    >['queryKey'],
    queryFn: async ({ client, queryKey }) => {
      const cache = client.getQueryCache()
      const query = cache.find({ queryKey })
      if (!query) throw new TidingsError({ code: 'aborted', message: 'The query was removed from its cache' })
      const reading = liveRunOf(query)
      if (reading) return reading
      const known = id ?? unfinishedRunOf(query)
      const run = known === undefined ? stream(input) : stream.attach(known)
      return readRun(cache, query, run, reducer, initial)
    },
    // Data of a run that is not read any more is not complete.
    staleTime: (query) => (isComplete(query) ? 'static' : 0),
    // For suspense, a `staleTime` of 0 counts as a second.
    refetchOnMount: (query) => (isComplete(query) ? true : 'always'),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    // The client starts a run again by itself, and waits for the network. A run that failed is not started unasked.
    retry: false,
    retryOnMount: false,
    networkMode: 'always',
    structuralSharing: false,
  }
  return options
}

interface Stateful {
  readonly state: { readonly data: unknown }
}

/** Returns the id of a run that data shows as running. */
function unfinishedRunOf({ state }: Stateful): string | undefined {
  const data = state.data as RunData<unknown, unknown> | undefined
  return data?.status === 'running' ? data.id : undefined
}

/** Whether the data of a query is complete, or is being completed. */
function isComplete(query: Stateful): boolean {
  return unfinishedRunOf(query) === undefined || liveRunOf(query) !== undefined
}

const appended: RunReducer = (events, event) => [...(events as unknown[]), event]
