import { checkContract } from '#check-contract'
import type { ContractDefinition } from './types/contract.js'
import type { ProcedureNames } from './types/names.js'

/**
 * Declares the contract that a server and its clients share: a record of channels, commands and streams, with
 * nested groups.
 *
 * Returns the same object. The whole contract is checked here, once: reserved names, and schemas whose values
 * cannot be sent as JSON and arrive unchanged.
 *
 * A bundle built with the export condition `browser` and without `development` omits the check to stay small.
 * Bundlers set `development` in their development mode (Vite, webpack), where the check runs as in Node.
 * `createServer` checks the contract wherever it runs.
 *
 * @throws TidingsError `invalid_contract` for a mistake, with its path and how to fix it
 */
export function defineContract<const Definition extends ContractDefinition>(
  definition: Definition & ProcedureNames<Definition>,
): Definition {
  checkContract(definition)
  return definition
}
