import type { Connection } from './connection.js'

/** A connection, as a predicate sees it. */
export interface ConnectionView {
  /** Whose it is, as the option `principal` says. */
  readonly principal: string | undefined
  readonly address: string | undefined
  /** The keys of the topics it carries, and of those it is asked to carry: `room?roomId=lobby`. */
  readonly topics: readonly string[]
}

/** Picks connections. */
export type ConnectionPredicate = (connection: ConnectionView) => boolean

export function describe({ info, subscriptions, entering }: Connection): ConnectionView {
  const topics = [...subscriptions].map(({ topic }) => topic.key)
  for (const key of entering) if (!topics.includes(key)) topics.push(key)
  return { principal: info.principal, address: info.address, topics }
}
