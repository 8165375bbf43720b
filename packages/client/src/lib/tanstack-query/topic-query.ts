import type { DataTag, QueryClient, QueryFunction, QueryObserverOptions } from '@tanstack/query-core'
import { type EventUnion, type Seed, TidingsError } from '@tidings/core'
import type { Topic, TopicEvent } from '../types/client.js'
import { fetchTopic, isLive, type TopicSource } from './live-topic.js'
import { type TopicQueryKey, topicQueryKey } from './query-keys.js'
import { seededData, takeCursor, writeSeed } from './seed-query.js'
import type { FeedItem } from './topic-feed.js'
import { foldingSnapshot, foldOf, setFold, type TopicFold } from './topic-fold.js'

/** Options of a topic's query. */
export interface TopicQueryConfig<Snapshot> {
  /** Distinguishes queries that fold one topic with different reducers: it becomes part of the key. */
  readonly as?: string
  /**
   * The state that a server has rendered: what `tidings.snapshot` or `parseSeed` returned. The query begins with it, and
   * the subscription continues from its cursor. Ignored if the cache has data already.
   *
   * Give it only with the params for which it was loaded: with others, it is shown as the data of another
   * topic until the snapshot of that topic has arrived.
   */
  readonly seed?: Seed<Snapshot> | undefined
}

/** Options of a topic's query whose data does not start from the topic's snapshot. */
export interface FoldedTopicQueryConfig<Snapshot, State> extends TopicQueryConfig<Snapshot> {
  /** The data before the first event. Not undefined, which TanStack Query does not take for data. */
  readonly initial: State
}

type Observed<State> = QueryObserverOptions<State, TidingsError, State, State, TopicQueryKey>

/** The options of a topic's query, for `useQuery` of every framework, and for `fetchQuery`. */
export interface TopicQueryOptions<State>
  extends Pick<
    Observed<State>,
    'staleTime' | 'refetchOnMount' | 'retry' | 'networkMode' | 'structuralSharing' | 'throwOnError'
  > {
  /** Begins with the path of the channel. `getQueryData` and `setQueryData` infer the type of the data from it. */
  queryKey: DataTag<TopicQueryKey, State, TidingsError>
  queryFn: QueryFunction<State, TopicQueryKey>
}

/** The options of a topic's query that begins with a seed, so that its data is never undefined. */
export interface SeededTopicQueryOptions<State> extends TopicQueryOptions<State> {
  initialData: () => Exclude<State, undefined>
}

interface Config {
  readonly as?: string
  readonly initial?: unknown
  readonly seed?: Seed<unknown> | undefined
}

/**
 * Returns the options of a query that follows a topic: its data is the topic's snapshot, with each event folded into it.
 *
 * - The first fetch subscribes. Observers share the subscription, which ends when the query is collected, `gcTime` after
 *   its last observer left, or removed. The query is fresh as long as it is subscribed, and is not fetched again on focus,
 *   reconnect and mount.
 * - Events that arrive together change the data once. The reducer returns the next data and must not modify the last;
 *   returning the last means no change. It may change on each render: the newest is called. If it throws, the client's `onError` receives the error, and the data stays.
 * - After a gap, the query is stale until the fresh snapshot arrives. `invalidateQueries` and `refetch` give a fresh one.
 * - A refused topic, and a closed client, make the query fail with a `TidingsError`; the data stays. A temporary refusal
 *   is its `failureReason`, and the client tries again.
 * - Without observers and with an infinite `gcTime`, as on a server, a fetched query does not stay subscribed.
 *
 * The reducer, not the cache, keeps unchanged parts identical: `structuralSharing` is off.
 */
export function topicQuery<Events, Snapshot>(
  topic: Topic<Events, Snapshot>,
  reducer: (state: Snapshot, event: EventUnion<Events>) => Snapshot,
  config: TopicQueryConfig<Snapshot> & { readonly seed: Seed<Snapshot>; readonly initial?: never },
): SeededTopicQueryOptions<Snapshot>
/**
 * Returns the options of a query that follows a topic: its data is the topic's snapshot, with each event folded into it.
 *
 * - The first fetch subscribes. Observers share the subscription, which ends when the query is collected, `gcTime` after
 *   its last observer left, or removed. The query is fresh as long as it is subscribed, and is not fetched again on focus,
 *   reconnect and mount.
 * - Events that arrive together change the data once. The reducer returns the next data and must not modify the last;
 *   returning the last means no change. It may change on each render: the newest is called. If it throws, the client's `onError` receives the error, and the data stays.
 * - After a gap, the query is stale until the fresh snapshot arrives. `invalidateQueries` and `refetch` give a fresh one.
 * - A refused topic, and a closed client, make the query fail with a `TidingsError`; the data stays. A temporary refusal
 *   is its `failureReason`, and the client tries again.
 * - Without observers and with an infinite `gcTime`, as on a server, a fetched query does not stay subscribed.
 *
 * The reducer, not the cache, keeps unchanged parts identical: `structuralSharing` is off.
 */
export function topicQuery<Events, Snapshot>(
  topic: Topic<Events, Snapshot>,
  reducer: (state: Snapshot, event: EventUnion<Events>) => Snapshot,
  config?: TopicQueryConfig<Snapshot> & { readonly initial?: never },
): TopicQueryOptions<Snapshot>
/**
 * Returns the options of a query that follows a topic, folded into a value of any type. See the other signatures, which
 * fold events into the topic's snapshot.
 *
 * The reducer receives everything that a loop over the topic yields: events, gaps and, if the channel has one, the
 * snapshot. It starts from `initial`, on each subscription.
 */
export function topicQuery<Events, Snapshot, State>(
  topic: Topic<Events, Snapshot>,
  reducer: (state: State, event: TopicEvent<Events, Snapshot>) => State,
  config: FoldedTopicQueryConfig<Snapshot, State>,
): TopicQueryOptions<State>
export function topicQuery(
  topic: TopicSource['topic'],
  reducer: (state: unknown, item: FeedItem) => unknown,
  { initial, as, seed }: Config = {},
): TopicQueryOptions<unknown> {
  const fold: TopicFold = initial === undefined ? foldingSnapshot(reducer) : { initial, reduce: reducer }
  const queryFn: QueryFunction<unknown, TopicQueryKey> = async ({ client, queryKey }) => {
    const cache = client.getQueryCache()
    const query = cache.find({ queryKey })
    if (!query) throw new TidingsError({ code: 'aborted', message: 'The query was removed from its cache' })
    const cursor = isLive(query) ? undefined : takeCursor(client, query)
    return fetchTopic(cache, query, { ...fold, topic }, cursor)
  }
  setFold(queryFn, fold)
  return {
    queryKey: topicQueryKey(topic.key, as) as TopicQueryOptions<unknown>['queryKey'],
    queryFn,
    // Data without a subscription, such as a server's or a stored one, is stale from the beginning.
    staleTime: (query) => (isLive(query) ? Number.POSITIVE_INFINITY : 0),
    // For suspense, a `staleTime` of 0 counts as a second.
    refetchOnMount: (query) => (isLive(query) ? true : 'always'),
    // The client tries again by itself, and waits for the network.
    retry: false,
    networkMode: 'always',
    structuralSharing: false,
    ...(seed && { initialData: () => seededData(fold, seed) }),
  }
}

/**
 * Writes the state that a server has rendered to a cache, with its position: on the server before `dehydrate`, or in the
 * page before it renders. When the query is observed in the page, it continues from there, without another snapshot.
 *
 * Makes no request and does not subscribe.
 *
 * @throws TidingsError `invalid_options` for options that are not topicQuery's, and what the reducer throws
 */
export function seedQuery<State, Snapshot>(
  client: QueryClient,
  { queryKey, queryFn }: TopicQueryOptions<State>,
  seed: Seed<Snapshot>,
): void {
  const fold = foldOf(queryFn)
  if (!fold) {
    const message = 'The options given to seedQuery are not those of a topic. Give what topicQuery returned'
    throw new TidingsError({ code: 'invalid_options', message })
  }
  writeSeed(client, queryKey, fold, seed)
}
