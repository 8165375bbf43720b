import type * as zod from 'zod/v4/core'
import type { Channel } from './procedure.js'
import type { Schema, Simplify } from './schema.js'

/**
 * The value a caller gives for a schema. Anything with a default may be omitted.
 *
 * It is `z.input`, except for codecs, whose input is the wire form: there, and in any other pipe, the caller
 * gives the value that the handler receives.
 */
export type GivenOf<S> = S extends { _zod: { def: infer Def } } ? GivenOfDef<S, Def> : never

type GivenOfDef<S, Def> = Def extends { type: 'object'; shape: infer Shape }
  ? Simplify<GivenObject<Shape> & GivenCatchall<S>>
  : Def extends { type: 'optional' | 'default' | 'prefault'; innerType: infer Inner }
    ? GivenOf<Inner> | undefined
    : Def extends { type: 'nullable'; innerType: infer Inner }
      ? GivenOf<Inner> | null
      : Def extends { type: 'catch'; innerType: infer Inner }
        ? GivenOf<Inner>
        : Def extends { type: 'nonoptional'; innerType: infer Inner }
          ? Exclude<GivenOf<Inner>, undefined>
          : Def extends { type: 'lazy'; getter: () => infer Inner }
            ? GivenOf<Inner>
            : Def extends { type: 'array'; element: infer Element }
              ? GivenOf<Element>[]
              : Def extends { type: 'tuple'; items: infer Items; rest: infer Rest }
                ? [...GivenItems<Items>, ...(Rest extends Schema ? GivenOf<Rest>[] : [])]
                : Def extends { type: 'union'; options: readonly (infer Option)[] }
                  ? GivenUnion<S, Option>
                  : Def extends { type: 'intersection'; left: infer Left; right: infer Right }
                    ? GivenOf<Left> & GivenOf<Right>
                    : Def extends { type: 'record'; valueType: infer Value }
                      ? GivenRecord<S, Value>
                      : Def extends { type: 'readonly'; innerType: infer Inner }
                        ? zod.util.MakeReadonly<GivenOf<Inner>>
                        : GivenLeaf<S, Def>

/** Only coercion accepts more than it returns. */
type GivenLeaf<S, Def> = Def extends { type: 'string' | 'number' | 'boolean' } ? zod.input<S> : zod.output<S>

/** A union without a default or codec stays as it is, which keeps `z.json()` readable. */
type GivenUnion<S, Option> = [zod.input<S>, zod.output<S>] extends [zod.output<S>, zod.input<S>]
  ? zod.output<S>
  : GivenOf<Option>

/** Matches a schema whose key may be omitted, as zod marks it. */
interface MayBeLeftOut {
  _zod: { optin: 'optional' | 'defaulted' }
}

/** Homomorphic in both halves, so that a name leads to its line in the contract. */
type GivenObject<Shape> = keyof Shape extends never
  ? Record<string, never>
  : {
      -readonly [Key in keyof Shape as Shape[Key] extends MayBeLeftOut ? never : Key]: GivenOf<Shape[Key]>
    } & {
      -readonly [Key in keyof Shape as Shape[Key] extends MayBeLeftOut ? Key : never]?: GivenOf<Shape[Key]>
    }

type GivenCatchall<S> = S extends { _zod: { config: { in: infer Extra } } }
  ? string extends keyof Extra
    ? Extra
    : unknown
  : unknown

/** Trailing items that may be omitted are optional. */
type GivenItems<Items> = Items extends readonly [...infer First, infer Last]
  ? Last extends MayBeLeftOut
    ? [...GivenItems<First>, GivenOf<Last>?]
    : { -readonly [Index in keyof Items]: GivenOf<Items[Index]> }
  : []

/** The keys of a record are those of zod's output. */
type GivenRecord<S, Value> = { [Key in keyof zod.output<S>]: GivenOf<Value> }

/** The params of a channel as a caller gives them: to `client.room(…)` and `emit.room(…)`. */
export type GivenParamsOf<C> = C extends Channel<infer Params> ? Simplify<GivenObject<Params>> : never

/** The input that a caller gives to a command or stream; `void` without one. */
export type GivenInputOf<P> = P extends {
  readonly kind: 'command' | 'stream'
  readonly input: infer Input
}
  ? Input extends Schema
    ? GivenOf<Input>
    : // biome-ignore lint/suspicious/noConfusingVoidType: it stands for what a function without an argument takes.
      void
  : never

/** Whether the whole value may be omitted. Always `false` for `any` and `unknown`. */
export type IsOmittable<Given> = unknown extends Given
  ? false
  : undefined extends Given
    ? true
    : // biome-ignore lint/complexity/noBannedTypes: `{}` is an object without keys.
      {} extends Given
      ? true
      : false
