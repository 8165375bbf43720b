import type { Query, QueryCache, QueryCacheNotifyEvent } from '@tanstack/query-core'
import { maxTimerMs } from '@tidings/core/wire'

/** Any query of a cache. The cache does not know the types of its queries. */
export type AnyQuery = Query

/** What keeps a query up to date, and is told what happens to the query. */
export interface QueryWatcher {
  onEvent(event: QueryCacheNotifyEvent): void
}

/**
 * The watched queries of a cache, with one listener for all of them: a cache calls each listener for every event of every
 * query. The listener is there while a query is watched.
 */
class CacheWatch {
  readonly #cache: QueryCache
  readonly #watchers = new Map<AnyQuery, QueryWatcher>()
  #stop: (() => void) | undefined

  constructor(cache: QueryCache) {
    this.#cache = cache
  }

  add(query: AnyQuery, watcher: QueryWatcher): void {
    this.#watchers.set(query, watcher)
    this.#stop ??= this.#cache.subscribe((event) => this.#watchers.get(event.query)?.onEvent(event))
  }

  remove(query: AnyQuery): void {
    this.#watchers.delete(query)
    if (this.#watchers.size > 0) return
    this.#stop?.()
    this.#stop = undefined
  }
}

const watches = new WeakMap<QueryCache, CacheWatch>()

/**
 * Removes a query without observers after its `gcTime`, if it is still fetched then: TanStack Query collects no query that
 * is, and a fetch may never end. Returns the timer, which the next observer clears.
 */
export function collectLater(
  cache: QueryCache,
  query: AnyQuery,
  isFetched: () => boolean,
): ReturnType<typeof setTimeout> | undefined {
  const { gcTime } = query
  if (query.getObserversCount() > 0 || gcTime > maxTimerMs) return undefined
  return setTimeout(() => {
    if (isFetched()) cache.remove(query)
  }, gcTime)
}

/** Notifies the watcher of each event of a query, until the returned function is called. */
export function watchQuery(cache: QueryCache, query: AnyQuery, watcher: QueryWatcher): () => void {
  const watch = watches.get(cache) ?? new CacheWatch(cache)
  watches.set(cache, watch)
  watch.add(query, watcher)
  return () => watch.remove(query)
}
