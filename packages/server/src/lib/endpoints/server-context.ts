import type { Implementation } from '../bind-handlers.js'
import type { CallTracker } from '../calls/call-tracker.js'
import type { IdempotencyCache } from '../calls/idempotency-cache.js'
import type { Admission } from '../connections/admission.js'
import type { ConnectionDeps } from '../connections/connection.js'
import type { ConnectionIds } from '../connections/connection-ids.js'
import type { PresenceChecks } from '../connections/presence-checks.js'
import type { SharedConnection } from '../connections/shared-connection.js'
import type { SharedTokenBuckets } from '../connections/shared-token-buckets.js'
import type { UntypedEmit } from '../emitter.js'
import type { NodeRpc } from '../nodes/node-rpc.js'
import type { ResolvedOptions } from '../resolve-options.js'
import type { RevocationLog } from '../revocations/revocation-log.js'
import type { Revocations } from '../revocations/revocations.js'

/** What answering a request needs of its server. */
export interface ServerContext extends ConnectionDeps {
  readonly options: ResolvedOptions<unknown>
  readonly procedures: ReadonlyMap<string, Implementation>
  readonly admission: Admission
  readonly presence: PresenceChecks
  readonly revocations: Revocations
  /** How often clients may ask for topics, on all of their connections together. */
  readonly rates: { readonly ofPrincipals: SharedTokenBuckets; readonly ofAddresses: SharedTokenBuckets }
  /** Those that reach all nodes; absent without a bus. */
  readonly revocationLog: RevocationLog | undefined
  /** Connections that carry many topics, by their ids. */
  readonly shared: Map<string, SharedConnection>
  readonly connectionIds: ConnectionIds
  /** Tells once, without a bus, that a control request names a connection of a process that runs beside this one. */
  reportForeignConnection(id: string): void
  /** The other nodes of the service; absent without a bus. */
  readonly nodes: NodeRpc | undefined
  readonly idempotency: IdempotencyCache
  readonly calls: CallTracker
  readonly emit: UntypedEmit
  /** What a connection is told before it ends, if the server is closing. */
  shutdownFrame(): string | undefined
}
