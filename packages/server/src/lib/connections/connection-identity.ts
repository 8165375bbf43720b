import type { ConnectionInfo } from '../hooks.js'

/** What is known of a connection when it is opened. */
export interface ConnectionIdentity {
  /** The key of the topic of a single-topic connection; `undefined` for a shared connection. */
  readonly topic: string | undefined
  readonly principal: string | undefined
  readonly address: string | undefined
}

/**
 * Returns a connection as hooks and predicates receive it, with the other fields of a hook's event.
 *
 * The topics are read only on demand: a shared connection carries thousands of them, and each may have a gap.
 *
 * @param topics returns the keys of the topics. Defaults to those the connection was opened for
 */
export function connectionInfo<Fields extends object>(
  { topic, principal, address }: ConnectionIdentity,
  fields: Fields,
  topics: () => readonly string[] = () => (topic === undefined ? [] : [topic]),
): ConnectionInfo & Fields {
  return {
    kind: topic === undefined ? 'shared' : 'topic',
    principal,
    address,
    get topics() {
      return topics()
    },
    ...fields,
  }
}
