import { compileContract } from './compile.js'
import type { ContractDefinition } from './types/contract.js'
import type { ProcedureNames } from './types/names.js'

/**
 * Declares what a server and its clients share: a record of channels, commands and streams; groups may nest.
 *
 * Gives back the very value it was handed. Everything about the contract is checked here, once: names that are
 * reserved, and schemas whose values cannot travel as JSON and arrive as what was sent.
 *
 * One place leaves the check out, to be small: a bundle that is made with the export condition `browser` and without
 * `development`. Bundlers set `development` in their development mode (Vite, webpack), where it is checked as in Node.
 * `createServer` checks the contract wherever it runs.
 *
 * @throws TidingsError `invalid_contract` for a mistake, naming the path and the way out
 */
export function defineContract<const Definition extends ContractDefinition>(
  definition: Definition & ProcedureNames<Definition>,
): Definition {
  compileContract(definition)
  return definition
}
