import type { BoundProcedure } from './binding.js'
import type { Peers } from './bus/peers.js'
import type { SharedRevocations } from './bus/shared-revocations.js'
import type { Admission } from './connections/admission.js'
import type { Allowances } from './connections/allowances.js'
import type { ConnectionHome } from './connections/connection.js'
import type { ConnectionIds } from './connections/connection-ids.js'
import type { PresenceChecks } from './connections/presence-checks.js'
import type { Revocations } from './connections/revocations.js'
import type { SharedConnection } from './connections/shared-connection.js'
import type { UntypedEmit } from './emitter.js'
import type { ResolvedOptions } from './resolve-options.js'
import type { AnswerMemory } from './runs/answer-memory.js'
import type { Runs } from './runs/runs.js'

/** What answering a request needs of its server. */
export interface Site extends ConnectionHome {
  readonly options: ResolvedOptions<unknown>
  readonly procedures: ReadonlyMap<string, BoundProcedure>
  readonly admission: Admission
  readonly presence: PresenceChecks
  readonly revocations: Revocations
  /** How often clients may ask for topics, on all of their connections together. */
  readonly allowances: { readonly ofPrincipals: Allowances; readonly ofAddresses: Allowances }
  /** Those that reach all nodes; absent without a bus. */
  readonly sharedRevocations: SharedRevocations | undefined
  /** Connections that carry many topics, by their ids. */
  readonly shared: Map<string, SharedConnection>
  readonly connectionIds: ConnectionIds
  /** Tells once, without a bus, that a control request names a connection of a process that runs beside this one. */
  noticeProcessBeside(id: string): void
  /** The other nodes of the service; absent without a bus. */
  readonly peers: Peers | undefined
  readonly answers: AnswerMemory
  readonly runs: Runs
  readonly emit: UntypedEmit
  /** What a connection is told before it ends, if the server is closing. */
  lastWords(): string | undefined
}
