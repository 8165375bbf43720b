import type { QueryClient, QueryKey } from '@tanstack/query-core'
import type { Seed } from '@tidings/core'
import type { AnyQuery } from './query-watch.js'
import { foldItems, type TopicFold } from './topic-fold.js'

/** The position of seeded data, in a query of its own beside it: it is dehydrated and hydrated with the data. */
interface SeededPosition {
  readonly cursor: string
  /** The `dataUpdatedAt` of the data whose position it is. */
  readonly of: number
}

/** The positions of data that seeds gave. */
const cursors = new WeakMap<object, string>()

/** Returns the data of a seed. */
export function seededData(fold: TopicFold, { value, cursor }: Seed<unknown>): unknown {
  const { data, thrown } = foldItems(fold, fold.initial, [{ type: 'snapshot', data: value }])
  if (thrown.length > 0) throw thrown[0]
  if (typeof data === 'object' && data !== null) cursors.set(data, cursor)
  return data
}

/** Writes the data of a seed to a cache, with its position. */
export function writeSeed(
  client: QueryClient,
  queryKey: QueryKey,
  fold: TopicFold,
  seed: Seed<unknown>,
): void {
  const updatedAt = Date.now()
  const position: SeededPosition = { cursor: seed.cursor, of: updatedAt }
  client.setQueryData(queryKey, seededData(fold, seed), { updatedAt })
  client.setQueryData(positionKey(queryKey), position, { updatedAt })
}

/** Returns the position of a query's data, if a seed gave the data, here or where it was dehydrated. */
export function takeCursor(client: QueryClient, { queryKey, state }: AnyQuery): string | undefined {
  const { data, dataUpdatedAt } = state
  const key = positionKey(queryKey)
  const position = client.getQueryData<SeededPosition>(key)
  // Collected later, it would be a query that nothing reads.
  client.removeQueries({ queryKey: key, exact: true })
  if (position?.of === dataUpdatedAt) return position.cursor
  return typeof data === 'object' && data !== null ? cursors.get(data) : undefined
}

const positionKey = (queryKey: QueryKey): QueryKey => [...queryKey, { position: true }]
