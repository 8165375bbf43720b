import type { Implementation } from '../bind-handlers.js'
import type { Connection } from '../connections/connection.js'
import { topicByKey } from '../connections/topic-access.js'
import { invalidOptions, kindOf, requireKnownKeys } from '../validate-options.js'

/** A connection, as a predicate receives it. */
export interface ConnectionView {
  /** The owner of the connection, as the option `principal` returned it. */
  readonly principal: string | undefined
  readonly address: string | undefined
  /** The keys of the topics the connection carries or was asked to carry: `room?roomId=lobby`. */
  readonly topics: readonly string[]
}

/** Selects connections on the node where it is called. */
export type ConnectionPredicate = (connection: ConnectionView) => boolean

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
 * Checks a filter, and gives it with the topic's key as connections have it.
 *
 * @throws TidingsError `invalid_options` for one that names nothing, or something that is not text; as
 * `topicByKey` does
 */
export function requireFilter(
  given: unknown,
  procedures: ReadonlyMap<string, Implementation>,
  maker: string,
): ConnectionFilter {
  if (typeof given !== 'object' || given === null) {
    throw invalidOptions(
      `the filter is ${kindOf(given)}. Give { principal }, { topic }, both, or a predicate`,
      maker,
    )
  }
  requireKnownKeys('the filter', given, ['principal', 'topic'], maker)
  // What is there and undefined is a mistake: without it, too many would be picked.
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') throw invalidOptions(`${name} is ${kindOf(value)}. Give a string`, maker)
  }
  const { principal, topic } = given as { principal?: string; topic?: string }
  const filter = {
    ...(principal !== undefined && { principal }),
    ...(topic !== undefined && { topic: topicByKey(procedures, topic).key }),
  }
  if (Object.keys(filter).length > 0) return filter as ConnectionFilter
  throw invalidOptions('the filter is empty. Give { principal }, { topic }, or both', maker)
}

/** Picks what a filter does. */
export function predicateOf({ principal, topic }: ConnectionFilter): ConnectionPredicate {
  return (connection) =>
    (principal === undefined || connection.principal === principal) &&
    (topic === undefined || connection.topics.includes(topic))
}

export function describe({ info, subscriptions, entering }: Connection): ConnectionView {
  // One that is asked for again is in both.
  const topics = new Set([...subscriptions].map(({ topic }) => topic.key))
  for (const key of entering) topics.add(key)
  return { principal: info.principal, address: info.address, topics: [...topics] }
}
