import { threw } from '../reporting.js'
import type { FeedItem } from './topic-feed.js'

/** How the items of a topic become the data of a query. */
export interface TopicFold {
  /** The data before the first item. */
  readonly initial: unknown
  /** Returns the next data. Must not modify the last. */
  reduce(data: unknown, item: FeedItem): unknown
}

const folds = new WeakMap<object, TopicFold>()

/** Remembers the fold of a query function. */
export function setFold(queryFn: object, fold: TopicFold): void {
  folds.set(queryFn, fold)
}

/** Returns the fold of a query function. */
export function foldOf(queryFn: unknown): TopicFold | undefined {
  return typeof queryFn === 'function' ? folds.get(queryFn) : undefined
}

/** Data, and what a reducer threw on the way. */
export interface Folded {
  readonly data: unknown
  readonly thrown: readonly unknown[]
}

/** Folds items into data, without those at which the reducer threw. */
export function foldItems(
  { reduce }: Pick<TopicFold, 'reduce'>,
  data: unknown,
  items: readonly FeedItem[],
): Folded {
  const thrown: unknown[] = []
  let next = data
  for (const item of items) {
    try {
      next = reduce(next, item)
    } catch (error) {
      thrown.push(error)
    }
  }
  return { data: next, thrown }
}

/** Returns the error of a query whose first items the reducer could not fold. */
export function foldFailure(key: string, error: unknown): Error {
  return threw(`The reducer of topicQuery for ${key}`, error)
}

/** Folds the events of a channel into its snapshot. */
export function foldingSnapshot(reducer: (data: unknown, item: FeedItem) => unknown): TopicFold {
  return {
    initial: undefined,
    reduce: (data, item) => {
      if (item.type === 'snapshot') return item.data
      return item.type === 'gap' ? data : reducer(data, item)
    },
  }
}
