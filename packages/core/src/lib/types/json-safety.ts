import type { lossyUses, Reason, unserializableKinds } from '../unserializable.js'
import type { ContractMistake } from './contract-mistake.js'
import type { Schema } from './schema.js'

/**
 * `unknown` for a schema whose values JSON can carry, otherwise a type whose text says what to write instead.
 *
 * The run-time twin is `../json-safety.ts`, which also finds what types cannot show.
 */
export type Serializable<S> = [S] extends [Schema]
  ? [UnserializableOf<S, 6>] extends [never]
    ? unknown
    : ContractMistake<UnserializableOf<S, 6>>
  : unknown

/** Applies `Serializable` to each schema of a record. */
export type AllSerializable<S> = { readonly [K in keyof S]: Serializable<S[K]> }

type Kinds = typeof unserializableKinds
type Uses = typeof lossyUses

type Sentence<R extends Reason> = `The schema ${R['problem']}. ${R['remedy']}`
type LiteralSentence<Kind extends string> =
  `The schema is a ${Kind} literal, ${Uses['literal']['problem']}. ${Uses['literal']['remedy']}`
type UnionSentence = `The schema has members ${Uses['union']['problem']}. ${Uses['union']['remedy']}`

/** How deep types look. The check at run time covers what lies deeper, and recursive schemas. */
type Deeper = { 6: 5; 5: 4; 4: 3; 3: 2; 2: 1; 1: 0 }

type DefOf<S> = S extends { _zod: { def: infer Def } } ? Def : never
type Part<Def, Key> = Key extends keyof Def ? Def[Key] : never

/** The sentences about what JSON cannot carry in a schema, or `never`. */
type UnserializableOf<S, Depth> = Depth extends keyof Deeper
  ? UnserializableOfDef<DefOf<S>, Deeper[Depth]> | UnserializableOfLoose<S>
  : never

/** A `Schema` of any kind has all kinds as its type, and is neither unserializable nor looked into. */
type UnserializableOfDef<Def, Depth> = Def extends { type: infer Kind }
  ? [Kind] extends [keyof Kinds]
    ? Sentence<Kinds[Kind]>
    : [Kind] extends [keyof Inside<Def, Depth>]
      ? Inside<Def, Depth>[Kind]
      : never
  : never

/** What JSON cannot carry inside a schema, by the kind of its definition. */
interface Inside<Def, Depth> {
  array: UnserializableOf<Part<Def, 'element'>, Depth>
  catch: UnserializableOf<Part<Def, 'innerType'>, Depth>
  default: UnserializableOf<Part<Def, 'innerType'>, Depth>
  intersection: UnserializableOf<Part<Def, 'left' | 'right'>, Depth>
  literal: UnserializableOfLiteral<Part<Def, 'values'>>
  nonoptional: UnserializableOfOptional<Part<Def, 'innerType'>, Depth>
  nullable: UnserializableOf<Part<Def, 'innerType'>, Depth>
  object: UnserializableOfShape<Part<Def, 'shape'>, Depth>
  optional: UnserializableOfOptional<Part<Def, 'innerType'>, Depth>
  pipe: UnserializableOfPipe<Def, Depth>
  prefault: UnserializableOf<Part<Def, 'innerType'>, Depth>
  readonly: UnserializableOf<Part<Def, 'innerType'>, Depth>
  record: UnserializableOf<Part<Def, 'valueType'>, Depth>
  tuple: UnserializableOf<ItemOf<Part<Def, 'items'>> | Part<Def, 'rest'>, Depth>
  union: UnserializableOfUnion<Def, ItemOf<Part<Def, 'options'>>, Depth>
}

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never

type UnserializableOfShape<Shape, Depth> = {
  [K in keyof Shape]: UnserializableOf<Shape[K], Depth>
}[keyof Shape]

/** An object that accepts keys with any value. Its configuration shows that, its definition does not. */
type UnserializableOfLoose<S> = S extends { _zod: { config: { out: infer Extra } } }
  ? string extends keyof Extra
    ? 0 extends 1 & Extra
      ? never
      : unknown extends Extra[string & keyof Extra]
        ? Sentence<Kinds['unknown']>
        : never
    : never
  : never

/** Literals as wide as `any` and `unknown` tell nothing. */
type UnserializableOfLiteral<Values> =
  unknown extends ItemOf<Values>
    ? never
    :
        | (undefined extends ItemOf<Values> ? Sentence<Kinds['undefined']> : never)
        | ([Extract<ItemOf<Values>, bigint>] extends [never] ? never : LiteralSentence<'bigint'>)
        | ([Extract<ItemOf<Values>, symbol>] extends [never] ? never : LiteralSentence<'symbol'>)

/** `undefined` inside an optional is allowed: the key is omitted. */
type UnserializableOfOptional<Inner, Depth> =
  | Exclude<UnserializableOf<Inner, Depth>, Sentence<Kinds['undefined']>>
  | (DefOf<Inner> extends { type: 'default' | 'prefault' } ? Sentence<Uses['optionalDefault']> : never)

type UnserializableOfUnion<Def, Option, Depth> =
  | UnserializableOf<Option, Depth>
  | (Def extends { discriminator: string } ? never : AmbiguityOf<MemberOf<Option>>)

/** The members of a union, with those of unions inside it. */
type MemberOf<Option> = Option extends { _zod: { def: infer Def } }
  ? Def extends { options: readonly (infer Inner)[] }
    ? MemberOf<Inner>
    : Def extends { type: 'nullable' | 'optional'; innerType: infer Inner }
      ? MemberOf<Inner>
      : Option
  : never

/** Any text beside a codec that writes text, or any list beside one that writes a list. */
type AmbiguityOf<Member> = [Extract<PlainOf<Member>, CodedOf<Member>>] extends [never] ? never : UnionSentence

/** What members without a codec write, where that may be any text or list. */
type PlainOf<Member> = Member extends { _zod: { def: infer Def } } ? WrittenOf<Def> : never

/** What the codecs among members write. */
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

/** A codec is sent as its encoded side. So is any other pipe, unless its end is a transform or coerces. */
type UnserializableOfPipe<Def, Depth> = Def extends { in: infer In; out: infer Out }
  ? Def extends { reverseTransform: (...args: never[]) => unknown }
    ? UnserializableOf<In, Depth>
    :
        | UnserializableOf<In, Depth>
        | Extract<UnserializableOf<Out, Depth>, Sentence<Kinds['transform']>>
        | UnserializableOfCoercion<Out>
  : never

/** A coercing schema accepts more than it returns. */
type UnserializableOfCoercion<Out> =
  DefOf<Out> extends { type: infer Kind extends keyof Scalars }
    ? Out extends { _zod: { input: infer Input } }
      ? [Input] extends [Scalars[Kind]]
        ? never
        : Sentence<Uses['coercedPipe']>
      : never
    : never

interface Scalars {
  string: string
  number: number
  boolean: boolean
}
