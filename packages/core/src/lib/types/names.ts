import type { nameProblems, ReservedEventName, ReservedMemberName, ReservedParamName } from '../names.js'
import type { ContractMistake } from './contract-mistake.js'
import type { Procedure } from './procedure.js'

type Letter =
  | ('a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm')
  | ('n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z')

/** The most common characters that a URL or a frame cannot contain. The check at run time covers all. */
type Unusable = ' ' | '.' | '/' | ':' | '?' | '&' | '#' | '%' | '@' | '+' | ','

type NameProblem<Name, Reserved extends string> = string extends Name
  ? never
  : Name extends `$${string}`
    ? Problem<Name, 'dollar'>
    : Name extends Reserved
      ? Problem<Name, 'reserved'>
      : MalformedName<Name>

type MalformedName<Name> = `${Name & (string | number)}` extends `${infer First}${string}`
  ? Lowercase<First> extends Letter
    ? Name extends `${string}${Unusable}${string}`
      ? Problem<Name, 'malformed'>
      : never
    : Problem<Name, 'malformed'>
  : Problem<Name, 'malformed'>

type Problem<
  Name,
  Kind extends keyof typeof nameProblems,
> = `"${Name & (string | number)}" ${(typeof nameProblems)[Kind]}`

/** `unknown` for a valid name, otherwise a type whose text says what is wrong. */
type NameCheck<Name, Reserved extends string> = [NameProblem<Name, Reserved>] extends [never]
  ? unknown
  : ContractMistake<NameProblem<Name, Reserved>>

/** Checks the names of events. */
export type EventNames<Events> = { readonly [Name in keyof Events]: NameCheck<Name, ReservedEventName> }

/** Checks the names of params. */
export type ParamNames<Params> = { readonly [Name in keyof Params]: NameCheck<Name, ReservedParamName> }

/** Checks the names of a command's errors: Tidings' own codes are reserved. */
export type ErrorNames<Errors, Reserved extends string> = {
  readonly [Name in keyof Errors]: NameCheck<Name, Reserved>
}

/** Checks the names of a contract's procedures and groups. */
export type ProcedureNames<Definition> = {
  readonly [Name in keyof Definition]: NameCheck<Name, ReservedMemberName> &
    (Definition[Name] extends Procedure ? unknown : ProcedureNames<Definition[Name]>)
}
