import { parseTopicKey } from '@tidings/core/wire'

/** The beginning of every key. */
const root = 'tidings'

/**
 * The key of a topic's query: `['tidings', 'chat', 'room', 'roomId=lobby']`. Its beginnings select all topics of a channel,
 * and of a group: `invalidateQueries({ queryKey: ['tidings', 'chat'] })`.
 */
export type TopicQueryKey = readonly [typeof root, ...(string | { readonly as: string })[]]

/** The key of a run's query: `['tidings', 'complete', { input }]` or `['tidings', 'complete', { id }]`. */
export type RunQueryKey = readonly [typeof root, ...(string | RunIdentity | { readonly as: string })[]]

/** What identifies the run of a query. */
export type RunIdentity = { readonly input: unknown } | { readonly id: string }

/** The key of a command's mutations: `['tidings', 'chat', 'send']`. */
export type CommandKey = readonly [typeof root, ...string[]]

/** Returns the key of a procedure, from its path. */
export function procedureKey(path: string): CommandKey {
  return [root, ...path.split('/')]
}

/** Returns the key of a topic's query. `as` distinguishes queries that fold one topic differently. */
export function topicQueryKey(key: string, as: string | undefined): TopicQueryKey {
  const { path, query } = parseTopicKey(key)
  return [...procedureKey(path), ...(query ? [query] : []), ...(as === undefined ? [] : [{ as }])]
}

/** Returns the key of a run's query. `as` distinguishes queries that fold one run differently. */
export function runQueryKey(path: string, identity: RunIdentity, as: string | undefined): RunQueryKey {
  const known = 'id' in identity ? identity : { input: hashable(identity.input) }
  return [...procedureKey(path), known, ...(as === undefined ? [] : [{ as }])]
}

/** Returns an input as TanStack Query can hash it, which is as JSON: that has no bigint, and a Map or Set is `{}`. */
function hashable(value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (value instanceof Map || value instanceof Set) {
    return { [value instanceof Map ? 'map' : 'set']: hashable([...value]) }
  }
  if (Array.isArray(value)) return value.map(hashable)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, hashable(member)]))
}
