import type { ContractDefinition } from '@tidings/core'
import type { CallTracker } from '../calls/call-tracker.js'
import type { IdempotencyCache } from '../calls/idempotency-cache.js'
import type { PresenceChecks } from '../connections/presence-checks.js'
import type { SharedConnectionDeps } from '../connections/shared-connection.js'
import type { UntypedEmit } from '../emitter.js'
import type { TopicRegistry } from '../log/topic-registry.js'
import type { NodeRpc } from '../nodes/node-rpc.js'
import type { ResolvedOptions } from '../resolve-options.js'
import type { RevocationLog } from '../revocations/revocation-log.js'
import type { Revocations } from '../revocations/revocations.js'
import type { Runs } from '../runs/runs.js'
import type { Stats } from '../types/stats.js'
import type { ContractDescription } from './contract-description.js'

/** What endpoints need of their server. */
export interface ServerContext extends SharedConnectionDeps {
  readonly options: ResolvedOptions<unknown>
  readonly contract: ContractDefinition
  readonly description: ContractDescription
  readonly topics: TopicRegistry
  readonly runs: Runs
  /** Whether middleware decides about subscriptions, so that a connection keeps the caller who renewed it. */
  readonly keepsCallers: boolean
  readonly presence: PresenceChecks
  readonly revocations: Revocations
  /** The revocations of all nodes; absent without a bus. */
  readonly revocationLog: RevocationLog | undefined
  /** Reports once that a control request names a connection of a concurrent process without a bus. */
  reportForeignConnection(id: string): void
  /** The other nodes of the service; absent without a bus. */
  readonly nodes: NodeRpc | undefined
  readonly idempotency: IdempotencyCache
  readonly calls: CallTracker
  readonly emit: UntypedEmit
  stats(): Stats
  /** Fires when the server begins to close. */
  readonly closing: AbortSignal
  /** Returns the last frame of a connection if the server is closing. */
  shutdownFrame(): string | undefined
}
