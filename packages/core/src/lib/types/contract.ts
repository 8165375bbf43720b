import type { Procedure } from './procedure.js'

/** The argument of `defineContract`: procedures by name, and groups of them, which may nest. */
export interface ContractDefinition {
  readonly [name: string]: Procedure | ContractDefinition
}
