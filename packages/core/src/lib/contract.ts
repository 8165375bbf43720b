import { compileContract } from './compile.js'
import type { ContractDefinition } from './types/contract.js'
import type { ProcedureNames } from './types/names.js'

/**
 * Declares what a server and its clients share: a record of channels, commands and streams; groups may nest.
 *
 * Gives back the very value it was handed. Everything about the contract is checked here, once: names that are
 * reserved, and schemas whose values cannot travel as JSON and arrive as what was sent.
 *
 * @throws TidingsError `invalid_contract` for a mistake, naming the path and the way out
 */
export function defineContract<const Definition extends ContractDefinition>(
  definition: Definition & ProcedureNames<Definition>,
): Definition {
  compileContract(definition)
  return definition
}
