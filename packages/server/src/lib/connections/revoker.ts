import { TidingsError } from '@tidings/core'
import type { BoundProcedure } from '../binding.js'
import type { Revoked, SharedRevocations } from '../bus/shared-revocations.js'
import {
  type ConnectionFilter,
  type ConnectionPredicate,
  predicateOf,
  requireFilter,
} from './connection-view.js'
import type { RevocationKind, Revocations } from './revocations.js'

/** Takes back what was allowed. */
export interface Revoker {
  /**
   * Ends the connections that a filter names, on all nodes: `disconnect({ principal: 'eve' })`,
   * `disconnect({ topic: 'room?roomId=lobby' })`, or both. Resolves with how many were ended, on how many nodes; without a
   * bus that is one. Their clients get `$error` `unauthorized`, come back, and are asked who they are: one that has no
   * access any more is refused then.
   *
   * A request that is on its way to open a connection counts like one, once its `context` is known. It is asked for its
   * `context` and by `authorize` again, so that no verdict that is older than this opens anything.
   *
   * A node that cannot reach the bus now is not among those counted. It does the same as soon as it can read the bus, or has
   * all its clients prove who they are if it was away for more than ten minutes.
   *
   * @throws TidingsError `unavailable` if the bus cannot be used, or a node that is on it has not said in five seconds that it
   * is done: this node has done it, others may have. Call it again. `not_found` or `invalid_input` for a topic that the
   * contract does not have, `invalid_options` for a filter that names nothing
   */
  disconnect(which: ConnectionFilter): Promise<Revoked>
  /**
   * Ends the connections that a predicate picks on this node alone, and returns how many. With a bus, the connections on other
   * nodes go on: give a filter to reach those.
   */
  disconnect(predicate: ConnectionPredicate): number
  /**
   * Has the clients of the connections that a filter names prove who they are, on all nodes, as {@link disconnect} does. Each
   * subscription is authorised again, with what `context` says then; one that is refused ends alone. A client that does not
   * prove itself within 30 s is disconnected. Nothing that goes on is interrupted.
   *
   * A single topic's own connection, on which there is no asking, is ended: its client comes back.
   *
   * @throws TidingsError as {@link disconnect} does
   */
  reauthorize(which: ConnectionFilter): Promise<Revoked>
  /** The same for the connections that a predicate picks on this node alone. Returns how many. */
  reauthorize(predicate: ConnectionPredicate): number
}

/** What a revoker needs of its server. */
export interface RevokerHome {
  readonly revocations: Revocations
  /** Those that reach all nodes; absent without a bus. */
  readonly shared: SharedRevocations | undefined
  readonly procedures: ReadonlyMap<string, BoundProcedure>
  isClosed(): boolean
}

export function revoker(home: RevokerHome): Revoker {
  const { revocations, shared, procedures } = home

  async function everywhere(kind: RevocationKind, which: ConnectionFilter): Promise<Revoked> {
    const filter = requireFilter(which, procedures, kind)
    if (home.isClosed()) {
      throw new TidingsError({ code: 'closed', message: 'The server is closed and has no connections' })
    }
    if (shared) return shared.revoke(kind, filter)
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
