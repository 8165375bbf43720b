import { TidingsError } from '@tidings/core'
import type { TopicSources } from '../connections/topic-access.js'
import {
  type ConnectionFilter,
  type ConnectionPredicate,
  predicateOf,
  requireFilter,
} from './connection-filter.js'
import type { RevocationLog, Revoked } from './revocation-log.js'
import type { RevocationKind, Revocations } from './revocations.js'

/** Revokes the access of connected clients. */
export interface Revoker {
  /**
   * Ends the connections that match a filter, on all nodes: `disconnect({ principal: 'eve' })`,
   * `disconnect({ topic: 'room?roomId=lobby' })`, or both. Resolves with the number of ended connections and
   * of nodes; without a bus there is one node. Their clients get `$error` `unauthorized`, reconnect and
   * authenticate again: a client that no longer has access is refused then.
   *
   * A request that is opening a connection counts as one once its `context` is known. Its `context` and
   * `authorize` are called again, so that no earlier decision opens a connection.
   *
   * A node that cannot reach the bus is not counted. It applies the call as soon as it can read the bus. If
   * it was cut off for more than ten minutes, it asks all its clients to authenticate again.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used, or a node on it has not confirmed within
   * five seconds: this node has applied the call, and others may have. Call it again. `not_found` or
   * `invalid_input` for a topic that the contract does not have, `invalid_options` for an empty filter
   */
  disconnect(which: ConnectionFilter): Promise<Revoked>
  /**
   * Ends the connections that a predicate selects on this node only, and returns their number. With a bus,
   * connections on other nodes stay open: give a filter to reach them.
   */
  disconnect(predicate: ConnectionPredicate): number
  /**
   * Asks the clients of the connections that match a filter to authenticate again, on all nodes, as
   * {@link disconnect} does. Each subscription is authorised again with the new `context`; a refused
   * subscription ends alone. A client that does not authenticate within 30 s is disconnected. Other
   * subscriptions are not interrupted.
   *
   * A single-topic connection cannot be asked, so it is ended: its client reconnects.
   *
   * @throws TidingsError as {@link disconnect} does
   */
  reauthorize(which: ConnectionFilter): Promise<Revoked>
  /** Does the same for the connections that a predicate selects on this node only. Returns their number. */
  reauthorize(predicate: ConnectionPredicate): number
}

/** What a revoker needs of its server. */
export interface RevokerDeps {
  readonly revocations: Revocations
  /** The revocations of all nodes; absent without a bus. */
  readonly revocationLog: RevocationLog | undefined
  readonly sources: TopicSources
  isClosed(): boolean
}

export function revoker(deps: RevokerDeps): Revoker {
  const { revocations, revocationLog, sources } = deps

  async function everywhere(kind: RevocationKind, which: ConnectionFilter): Promise<Revoked> {
    const filter = requireFilter(which, sources, kind)
    if (deps.isClosed()) {
      throw new TidingsError({ code: 'closed', message: 'The server is closed and has no connections' })
    }
    if (revocationLog) return revocationLog.revoke(kind, filter)
    return { connections: revocations.revoke(kind, predicateOf(filter)), nodes: 1 }
  }

  function of(kind: RevocationKind): Revoker['disconnect'] {
    function revoke(which: ConnectionFilter): Promise<Revoked>
    function revoke(predicate: ConnectionPredicate): number
    function revoke(which: ConnectionFilter | ConnectionPredicate): number | Promise<Revoked> {
      return typeof which === 'function' ? revocations.revoke(kind, which) : everywhere(kind, which)
    }
    return revoke
  }

  return { disconnect: of('disconnect'), reauthorize: of('reauthorize') }
}
