import type { QueryCache, QueryCacheNotifyEvent } from '@tanstack/query-core'
import { TidingsError } from '@tidings/core'
import { type AnyQuery, collectLater, type QueryWatcher, watchQuery } from './query-watch.js'
import { TopicData } from './topic-data.js'
import { type FeedCallbacks, type FeedTopic, TopicFeed } from './topic-feed.js'
import { foldFailure, foldItems, type TopicFold } from './topic-fold.js'

/** What a query function subscribes to. */
export interface TopicSource extends TopicFold {
  readonly topic: FeedTopic & { readonly key: string }
}

/** A fetch of the query that waits for its data. */
interface Loading {
  /** The current feed, if that is about to have a fresh snapshot, or one that is to replace it. */
  readonly feed: TopicFeed
  readonly source: TopicSource
  /** The data that the feed's items follow. */
  readonly base: unknown
  resolve(data: unknown): void
  reject(error: unknown): void
  /** Whether it was resolved, and the cache does not have the data yet. Until then, later items wait. */
  isResolved: boolean
}

/** Milliseconds within which an observer has to come to a fetched query that is never collected. */
const unobservedMs = 1_000

const lives = new WeakMap<object, LiveTopic>()

/** Whether a query is kept up to date by a subscription. */
export function isLive(query: object): boolean {
  return lives.get(query)?.isCurrent ?? false
}

/**
 * Subscribes for a query or, if it is subscribed, has it receive a fresh snapshot. Resolves with the data.
 *
 * @param cursor the position of the data that the query has, from which a new subscription continues
 */
export function fetchTopic(
  cache: QueryCache,
  query: AnyQuery,
  source: TopicSource,
  cursor: string | undefined,
): Promise<unknown> {
  const live = lives.get(query) ?? new LiveTopic(cache, query)
  return live.fetch(source, cursor)
}

/**
 * The subscription that keeps the data of one query up to date, from its first fetch until the query is removed from its
 * cache. It continues while the query has no observers.
 */
class LiveTopic implements QueryWatcher, FeedCallbacks {
  readonly #cache: QueryCache
  readonly #query: AnyQuery
  readonly #data: TopicData
  readonly #unwatch: () => void
  #current: TopicFeed | undefined
  #loading: Loading | undefined
  #unobserved: ReturnType<typeof setTimeout> | undefined
  /** Why the subscription ended, until a fetch rejects with it. */
  #failure: TidingsError | undefined

  constructor(cache: QueryCache, query: AnyQuery) {
    this.#cache = cache
    this.#query = query
    this.#data = new TopicData(query)
    this.#unwatch = watchQuery(cache, query, this)
    lives.set(query, this)
  }

  get isCurrent(): boolean {
    // Observers are notified of fetched data before the fetch has ended here.
    return this.#current !== undefined || this.#loading?.isResolved === true
  }

  async fetch(source: TopicSource, cursor: string | undefined): Promise<unknown> {
    const failure = this.#failure
    if (failure) {
      this.#close()
      throw failure
    }
    // The data of an earlier fetch may be older than what this one asks for.
    this.#endLoading()
    const current = this.#current
    // Nothing is fresher than the events of a channel without a snapshot.
    if (current?.isLoaded && !current.hasSnapshot) return this.#query.state.data
    // A feed that waits for its snapshot after a gap is about to have a fresh one.
    const feed =
      current && !current.isLoaded ? current : this.#subscribe(source, current ? undefined : cursor)
    const base = current || cursor === undefined ? source.initial : this.#query.state.data
    return new Promise((resolve, reject) => {
      this.#loading = { feed, source, base, resolve, reject, isResolved: false }
    })
  }

  onChanged(feed: TopicFeed): void {
    const loading = this.#loading
    if (loading?.isResolved) return
    if (loading?.feed !== feed) this.#flush(feed)
    else if (feed.isLoaded) this.#resolve(loading)
  }

  onDelayed(problem: TidingsError): void {
    const { fetchFailureCount } = this.#query.state
    this.#query.setState({ fetchFailureCount: fetchFailureCount + 1, fetchFailureReason: problem })
  }

  onEnded(feed: TopicFeed, problem: TidingsError): void {
    const loading = this.#loading
    // The end of the feed of a resolved fetch is handled once the cache has its data.
    if (loading?.isResolved && feed === loading.feed) return
    if (feed === this.#current) {
      this.#flush(feed)
      this.#current = undefined
    }
    if (feed === loading?.feed) this.#reject(loading, problem)
    else if (!loading) this.#fail(problem)
  }

  onEvent(event: QueryCacheNotifyEvent): void {
    if (event.type === 'removed') {
      this.#close()
      return
    }
    if (event.type === 'observerAdded') clearTimeout(this.#unobserved)
    if (event.type === 'observerRemoved' && this.#loading) {
      this.#unobserved = collectLater(this.#cache, this.#query, () => this.#loading !== undefined)
    }
    if (event.type !== 'updated' || this.#data.isWriting) return
    const { action } = event
    const { data, fetchStatus } = this.#query.state
    const isIdle = fetchStatus === 'idle'
    if (action.type === 'success' && !action.manual) this.#onFetched()
    // The query was reset, or its first fetch was cancelled.
    else if (isIdle && data === undefined && !this.#failure) this.#close()
    else {
      if (isIdle) this.#endLoading()
      if (this.#current) this.#data.onWritten(action.type === 'setState' ? 'setState' : 'other')
    }
  }

  /** @throws TidingsError `closed` if the client is */
  #subscribe({ topic }: TopicSource, cursor: string | undefined): TopicFeed {
    try {
      return new TopicFeed(topic, this, cursor)
    } catch (error) {
      if (!this.#current) this.#close()
      throw error
    }
  }

  #resolve(loading: Loading): void {
    const { feed, source, base } = loading
    if (feed === this.#current) {
      this.#flush(feed)
      loading.isResolved = true
      loading.resolve(this.#query.state.data)
      return
    }
    const { data, thrown } = foldItems(source, base, feed.take())
    if (thrown.length > 0) {
      feed.close()
      this.#reject(loading, foldFailure(source.topic.key, thrown[0]))
      return
    }
    loading.isResolved = true
    loading.resolve(data)
  }

  #reject(loading: Loading, error: unknown): void {
    this.#loading = undefined
    if (!this.#current) this.#close()
    loading.reject(error)
  }

  /** The cache has the data of the fetch. */
  #onFetched(): void {
    const loading = this.#loading
    if (!loading?.isResolved) return
    this.#loading = undefined
    const { feed, source } = loading
    if (feed !== this.#current) {
      this.#current?.close()
      this.#current = feed
      this.#data.begin(source)
    }
    this.#flush(feed)
    // On a server, which prefetches or suspends, nothing else would end the subscription.
    if (this.#query.getObserversCount() === 0 && this.#query.gcTime === Number.POSITIVE_INFINITY) {
      this.#unobserved = setTimeout(() => this.#close(), unobservedMs)
    }
    if (!feed.end) return
    this.#current = undefined
    this.#fail(feed.end)
  }

  /** Gives up the fetch that loads, whose data nothing waits for. */
  #endLoading(): void {
    const loading = this.#loading
    if (!loading) return
    this.#loading = undefined
    loading.reject(new TidingsError({ code: 'aborted', message: 'The fetch of the query was cancelled' }))
    if (loading.feed !== this.#current) loading.feed.close()
    if (this.#current) this.#flush(this.#current)
  }

  /** Writes the new items of the current feed to the cache. */
  #flush(feed: TopicFeed): void {
    if (feed !== this.#current) return
    const items = feed.take()
    if (items.length === 0) return
    const hasFresh = items.some(({ type }) => type === 'snapshot')
    const wasInvalidated = this.#query.state.isInvalidated && !hasFresh
    feed.report(this.#data.add(items))
    // Written data makes an invalidated query valid, which it is not before it has a fresh snapshot.
    if (wasInvalidated || feed.isInGap) this.#query.invalidate()
  }

  /** Makes the problem the error of the query, as if a fetch had failed with it. */
  #fail(problem: TidingsError): void {
    this.#failure = problem
    this.#query.fetch().catch(() => {})
  }

  #close(): void {
    this.#unwatch()
    clearTimeout(this.#unobserved)
    if (lives.get(this.#query) === this) lives.delete(this.#query)
    const current = this.#current
    this.#current = undefined
    this.#failure = undefined
    this.#endLoading()
    current?.close()
  }
}
