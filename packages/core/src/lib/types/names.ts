import type { ReservedEventName, ReservedMemberName, ReservedParamName } from '../names.js'
import type { ContractMistake } from './contract-mistake.js'
import type { Procedure } from './procedure.js'

type Letter =
  | ('a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm')
  | ('n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z')

/** The most common characters that a URL or a frame cannot take. Every character is checked at run time. */
type Unusable = ' ' | '.' | '/' | ':' | '?' | '&' | '#' | '%' | '@' | '+' | ','

type NameProblem<Name, Reserved extends string> = string extends Name
  ? never
  : Name extends `$${string}`
    ? `"${Name}": names that begin with $ are reserved for Tidings: choose another name`
    : Name extends Reserved
      ? `"${Name}" is reserved by Tidings: choose another name`
      : `${Name & (string | number)}` extends `${infer First}${string}`
        ? Lowercase<First> extends Letter
          ? Name extends `${string}${Unusable}${string}`
            ? NotUsable<Name>
            : never
          : NotUsable<Name>
        : NotUsable<Name>

type NotUsable<Name> =
  `"${Name & (string | number)}" is not a valid name: use a letter followed by letters, digits, "_" or "-"`

/** `unknown` where a name may be used, otherwise a type whose text says why not. */
type NameCheck<Name, Reserved extends string> = [NameProblem<Name, Reserved>] extends [never]
  ? unknown
  : ContractMistake<NameProblem<Name, Reserved>>

/** Checks the names of events. */
export type EventNames<Events> = { readonly [Name in keyof Events]: NameCheck<Name, ReservedEventName> }

/** Checks the names of params. */
export type ParamNames<Params> = { readonly [Name in keyof Params]: NameCheck<Name, ReservedParamName> }

/** Checks the names of a command's errors: Tidings' own codes are reserved. */
export type ErrorNames<Errors, Taken extends string> = {
  readonly [Name in keyof Errors]: NameCheck<Name, Taken>
}

/** Checks the names of a contract's procedures and groups. */
export type ProcedureNames<Definition> = {
  readonly [Name in keyof Definition]: NameCheck<Name, ReservedMemberName> &
    (Definition[Name] extends Procedure ? unknown : ProcedureNames<Definition[Name]>)
}
