import type { Procedure } from '@tidings/core'
import type { NeedsHandler } from '../types/handlers.js'
import type { Part } from './part.js'

/**
 * A type without values. A mistake in the parts of a server is checked against it, so the type checker's error
 * contains the sentence.
 */
export interface PartsMistake<Sentence> {
  readonly 'there is a mistake in the parts': Sentence
}

/** `unknown` for a contract and its members, otherwise a type whose text says what is wrong. */
export type MemberCheck<Contract, Member> = Member extends Contract | MembersOf<Contract>
  ? unknown
  : PartsMistake<'This is not the contract given to implement(), nor a member of it. Give the contract, or a member: contract.rooms'>

/** The groups and procedures of a contract, however deep. */
type MembersOf<Group> = {
  [Name in keyof Group]: Group[Name] extends Procedure ? Group[Name] : Group[Name] | MembersOf<Group[Name]>
}[keyof Group]

/** `unknown` for parts that fit the contract, otherwise a type whose text says what is wrong. */
export type PartsCheck<Contract, Given> =
  Given extends Part<infer Member>
    ? Fits<Member, Contract, 'the contract'>
    : string extends keyof Contract
      ? unknown
      : [Missing<Contract, Given>] extends [never]
        ? Places<Contract, Given>
        : PartsMistake<MissingPart<Missing<Contract, Given>>>

type MissingPart<Path> = Path extends string
  ? `The part "${Path}" is missing. Make it with app.handlers(contract.${Path}, …)`
  : never

/** The paths of the members that need handlers and have no part. */
type Missing<Group, Given, Prefix extends string = ''> = {
  [Name in NeedsHandler<Group> & string]: Name extends keyof Given
    ? Given[Name] extends Part<unknown>
      ? never
      : Group[Name] extends Procedure
        ? never
        : Missing<Group[Name], Given[Name], `${Prefix}${Name}.`>
    : `${Prefix}${Name}`
}[NeedsHandler<Group> & string]

/** Checks each given part against its place in the contract. */
type Places<Group, Given, Prefix extends string = ''> = {
  readonly [Name in keyof Given]: Name extends keyof Group
    ? Given[Name] extends Part<infer Member>
      ? Fits<Member, Group[Name], `"${Prefix}${Name & string}"`>
      : Group[Name] extends Procedure
        ? NotAPart<`${Prefix}${Name & string}`>
        : Given[Name] extends (...given: never) => unknown
          ? NotAPart<`${Prefix}${Name & string}`>
          : Places<Group[Name], Given[Name], `${Prefix}${Name & string}.`>
    : PartsMistake<`The contract has no "${Prefix}${Name & string}". Remove the part, or declare what it implements in the contract`>
}

type NotAPart<Path extends string> =
  PartsMistake<`"${Path}" is not a part. Make it with app.handlers(contract.${Path}, …)`>

// Compared both ways: a group with more procedures is assignable to one with fewer.
type Fits<Member, Expected, Place extends string> = [Member] extends [Expected]
  ? [Expected] extends [Member]
    ? unknown
    : Misplaced<Place>
  : Misplaced<Place>

type Misplaced<Place extends string> =
  PartsMistake<`The part at ${Place} has the handlers of another member of the contract. Make it with app.handlers() for ${Place}`>
