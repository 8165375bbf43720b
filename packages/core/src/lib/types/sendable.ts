import type { ContractMistake } from './contract-mistake.js'
import type { Schema } from './schema.js'

/** The zod definition types that JSON cannot represent, with what to write instead. */
interface Unsendable {
  date: 'z.date() cannot be sent as JSON: use isoDate from @tidings/core'
  bigint: 'z.bigint() cannot be sent as JSON: use bigint from @tidings/core'
  map: 'z.map() cannot be sent as JSON: use map(key, value) from @tidings/core'
  set: 'z.set() cannot be sent as JSON: use set(item) from @tidings/core'
  transform: 'a one-way transform cannot be undone: use z.codec() with decode and encode'
  unknown: 'z.unknown() may hold values JSON cannot represent: use z.json()'
  any: 'z.any() may hold values JSON cannot represent: use z.json()'
  undefined: 'undefined cannot be sent as JSON: make the key optional, or use z.null()'
  void: 'void cannot be sent as JSON: leave the schema out'
  symbol: 'a symbol cannot be sent as JSON: use z.string() or z.enum()'
  nan: 'NaN cannot be sent as JSON: use z.number().nullable()'
  function: 'a function cannot be sent as JSON: declare a command instead'
  promise: 'a promise cannot be sent as JSON: await it before sending'
  file: 'a file cannot be sent as JSON: use bytes from @tidings/core'
  custom: 'z.custom() and z.instanceof() do not define a JSON form: use z.codec()'
  success: 'z.success() cannot be undone: use z.boolean()'
}

/** The same for schemas whose `type` alone does not decide. */
interface UnsendableInPart {
  loose: 'z.looseObject() may hold values JSON cannot represent: use z.object(), or give catchall() a schema'
  bigintLiteral: 'a literal bigint cannot be sent as JSON: use a string or a number'
  symbolLiteral: 'a literal symbol cannot be sent as JSON: use a string'
  union: 'union members with the same wire form cannot be told apart: use z.discriminatedUnion(), or a key for each'
  optionalDefault: 'an optional with a default would turn undefined into the default: remove one of them'
  coercedPipe: 'a pipe into z.coerce cannot be undone: use z.codec() with decode and encode'
}

type DefOf<S> = S extends { _zod: { def: infer Def } } ? Def : never

/** How deep the type checker looks. Deeper, and in recursive schemas, the same check at run time answers. */
type Deeper = { 6: 5; 5: 4; 4: 3; 3: 2; 2: 1; 1: 0 }

/**
 * The reason a schema cannot be sent as JSON, as a sentence, or `never`.
 *
 * A step for each shape of zod definition; the run-time twin, which sees what types cannot, is `travel.ts`.
 */
type ObstacleOf<S, Depth> = Depth extends keyof Deeper
  ? ObstacleOfDef<DefOf<S>, Deeper[Depth]> | ObstacleOfLoose<S>
  : never

type ObstacleOfDef<Def, Depth> = Def extends { type: keyof Unsendable }
  ? Unsendable[Def['type']]
  : Def extends { type: 'pipe' }
    ? ObstacleOfPipe<Def, Depth>
    : Def extends { innerType: infer Inner }
      ? Def extends { type: 'optional' | 'nonoptional' }
        ? ObstacleOfOptional<Inner, Depth>
        : ObstacleOf<Inner, Depth>
      : Def extends { element: infer Element }
        ? ObstacleOf<Element, Depth>
        : Def extends { type: 'object'; shape: infer Shape }
          ? { [K in keyof Shape]: ObstacleOf<Shape[K], Depth> }[keyof Shape]
          : Def extends { valueType: infer Value }
            ? ObstacleOf<Value, Depth>
            : Def extends { options: readonly (infer Option)[] }
              ?
                  | ObstacleOf<Option, Depth>
                  | (Def extends { discriminator: string } ? never : ObstacleOfUnion<MemberOf<Option>>)
              : Def extends { type: 'tuple'; items: readonly (infer Item)[]; rest: infer Rest }
                ? ObstacleOf<Item | Rest, Depth>
                : Def extends { type: 'intersection'; left: infer Left; right: infer Right }
                  ? ObstacleOf<Left | Right, Depth>
                  : Def extends { type: 'literal'; values: readonly (infer Value)[] }
                    ? ObstacleOfLiteral<Value>
                    : never

/** `any` and `unknown` are wide types of literals, which tell nothing. */
type ObstacleOfLiteral<Value> = unknown extends Value
  ? never
  :
      | (undefined extends Value ? Unsendable['undefined'] : never)
      | ([Extract<Value, bigint>] extends [never] ? never : UnsendableInPart['bigintLiteral'])
      | ([Extract<Value, symbol>] extends [never] ? never : UnsendableInPart['symbolLiteral'])

/** An object that takes keys with any value. Its definition does not tell, and its configuration does. */
type ObstacleOfLoose<S> = S extends { _zod: { config: { out: infer Extra } } }
  ? string extends keyof Extra
    ? 0 extends 1 & Extra
      ? never
      : unknown extends Extra[string & keyof Extra]
        ? UnsendableInPart['loose']
        : never
    : never
  : never

/** `undefined` inside an optional is no obstacle: the key is left out. */
type ObstacleOfOptional<Inner, Depth> =
  | Exclude<ObstacleOf<Inner, Depth>, Unsendable['undefined']>
  | (DefOf<Inner> extends { type: 'default' | 'prefault' } ? UnsendableInPart['optionalDefault'] : never)

/** What a union is one of, with the members of unions inside of it. */
type MemberOf<Option> = Option extends { _zod: { def: infer Def } }
  ? Def extends { options: readonly (infer Inner)[] }
    ? MemberOf<Inner>
    : Def extends { type: 'nullable' | 'optional'; innerType: infer Inner }
      ? MemberOf<Inner>
      : Option
  : never

/**
 * Any text beside a codec that writes text, or any list beside one that writes a list. At run time every pair
 * is looked at.
 */
type ObstacleOfUnion<Member> = [Extract<PlainOf<Member>, CodedOf<Member>>] extends [never]
  ? never
  : UnsendableInPart['union']

/** What members without a codec write, where that may be any text or list. */
type PlainOf<Member> = Member extends { _zod: { def: infer Def } } ? WrittenOf<Def> : never

/** What codecs among members write. */
type CodedOf<Member> = Member extends { _zod: { def: infer Def } }
  ? Def extends { type: 'pipe'; in: infer In; reverseTransform: (...args: never[]) => unknown }
    ? WrittenOf<DefOf<In>>
    : never
  : never

type WrittenOf<Def> = Def extends { type: 'string' }
  ? Def extends { format: string }
    ? never
    : 'text'
  : Def extends { type: 'array' }
    ? 'list'
    : never

/** A codec travels as its encoded side. Any other pipe does too, unless one of its ends is a transform. */
type ObstacleOfPipe<Def, Depth> = Def extends { in: infer In; out: infer Out }
  ? Def extends { reverseTransform: (...args: never[]) => unknown }
    ? ObstacleOf<In, Depth>
    :
        | ObstacleOf<In, Depth>
        | Extract<ObstacleOf<Out, Depth>, Unsendable['transform']>
        | ObstacleOfCoercion<Out>
  : never

/** What coerces takes more than it gives. */
type ObstacleOfCoercion<Out> =
  DefOf<Out> extends { type: infer Kind extends keyof Scalars }
    ? Out extends { _zod: { input: infer Input } }
      ? [Input] extends [Scalars[Kind]]
        ? never
        : UnsendableInPart['coercedPipe']
      : never
    : never

interface Scalars {
  string: string
  number: number
  boolean: boolean
}

/**
 * `unknown` for a schema that can be sent as JSON, otherwise a type whose text says what to write instead.
 */
export type Sendable<S> = [S] extends [Schema]
  ? [ObstacleOf<S, 6>] extends [never]
    ? unknown
    : ContractMistake<ObstacleOf<S, 6>>
  : unknown

/** Applies `Sendable` to each schema of a record. */
export type AllSendable<S> = { readonly [K in keyof S]: Sendable<S[K]> }
