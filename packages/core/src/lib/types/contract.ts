import type { Procedure } from './procedure.js'

/** What `defineContract` takes: procedures by name, and groups of them, which may nest. */
export interface ContractDefinition {
  readonly [name: string]: Procedure | ContractDefinition
}
