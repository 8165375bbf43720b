import { type TopicSources, topicByKey } from '../connections/topic-access.js'
import type { ConnectionInfo } from '../hooks.js'
import { invalidOptions, kindOf, requireKnownKeys } from '../validate-options.js'

/** Selects connections on the node where it is called. */
export type ConnectionPredicate = (connection: ConnectionInfo) => boolean

/** Selects connections on all nodes. If both fields are given, both must match. */
export type ConnectionFilter =
  | {
      /** The owner of the connections, as the option `principal` returned it. */
      readonly principal: string
      readonly topic?: string
    }
  | {
      readonly principal?: string
      /** The key of a topic that the connections carry: `room?roomId=lobby`. */
      readonly topic: string
    }

/**
 * Checks a filter, and returns it with the canonical key of its topic.
 *
 * @throws TidingsError `invalid_options` for an empty filter, or a field that is not a string; as `topicByKey` does
 */
export function requireFilter(given: unknown, sources: TopicSources, maker: string): ConnectionFilter {
  if (typeof given !== 'object' || given === null) {
    throw invalidOptions(
      `the filter is ${kindOf(given)}. Give { principal }, { topic }, both, or a predicate`,
      maker,
    )
  }
  requireKnownKeys('the filter', given, ['principal', 'topic'], maker)
  // A field that is `undefined` is a mistake: the filter would select more connections than intended.
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') throw invalidOptions(`${name} is ${kindOf(value)}. Give a string`, maker)
  }
  const { principal, topic } = given as { principal?: string; topic?: string }
  const filter = {
    ...(principal !== undefined && { principal }),
    ...(topic !== undefined && { topic: topicByKey(sources, topic).key }),
  }
  if (Object.keys(filter).length > 0) return filter as ConnectionFilter
  throw invalidOptions('the filter is empty. Give { principal }, { topic }, or both', maker)
}

/** Returns the predicate of a filter. */
export function predicateOf({ principal, topic }: ConnectionFilter): ConnectionPredicate {
  return (connection) =>
    (principal === undefined || connection.principal === principal) &&
    (topic === undefined || connection.topics.includes(topic))
}
