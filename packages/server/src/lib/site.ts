import type { BoundProcedure } from './binding.js'
import type { ConnectionHome } from './connection.js'
import type { UntypedEmit } from './emitter.js'
import type { ResolvedOptions } from './options.js'
import type { Runs } from './runs.js'

/** What answering a request needs of its server. */
export interface Site extends ConnectionHome {
  readonly options: ResolvedOptions<unknown>
  readonly procedures: ReadonlyMap<string, BoundProcedure>
  readonly runs: Runs
  readonly emit: UntypedEmit
}
