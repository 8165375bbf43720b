import type { ReservedEventName, ReservedMemberName } from '../names.js'
import type { ContractMistake } from './contract-mistake.js'
import type { Procedure } from './procedure.js'

type NameProblem<Name, Reserved extends string> = Name extends `$${string}`
  ? `"${Name}": names that begin with $ are Tidings' own: choose another name`
  : Name extends Reserved
    ? `"${Name}" is reserved by Tidings: choose another name`
    : never

/** `unknown` where a name may be used, otherwise a type whose text says why not. */
type NameCheck<Name, Reserved extends string> = [NameProblem<Name, Reserved>] extends [never]
  ? unknown
  : ContractMistake<NameProblem<Name, Reserved>>

/** Checks the names of events. */
export type EventNames<Events> = { readonly [Name in keyof Events]: NameCheck<Name, ReservedEventName> }

/** Checks the names of a command's errors: Tidings' own codes are taken. */
export type ErrorNames<Errors, Taken extends string> = {
  readonly [Name in keyof Errors]: NameCheck<Name, Taken>
}

/** Checks the names of a contract's procedures and groups. */
export type ProcedureNames<Definition> = {
  readonly [Name in keyof Definition]: NameCheck<Name, ReservedMemberName> &
    (Definition[Name] extends Procedure ? unknown : ProcedureNames<Definition[Name]>)
}
