import type * as zod from 'zod/v4/core'

/**
 * Any zod schema, of `zod`, `zod/mini` or a library built on `zod/v4/core`.
 *
 * The constraint is the core type on purpose: `z.ZodType` would make the type checker compare every method of
 * every schema and would shut `zod/mini` out.
 */
export type Schema = zod.$ZodType

/** Named schemas, as the params of a channel. */
export type Schemas = Readonly<Record<string, Schema>>

/** Events of a channel or stream, or errors of a command: each one's schema, or `undefined` for one without data. */
export type DataSchemas = Readonly<Record<string, Schema | undefined>>

/** What a schema's value is in a program, on both sides of the wire; `void` where there is no schema. */
// biome-ignore lint/suspicious/noConfusingVoidType: it stands for what a function without a result returns.
export type ValueOf<S> = S extends Schema ? zod.output<S> : void

/** What an event or error carries; `undefined` where there is no schema. */
export type DataOf<S> = S extends Schema ? zod.output<S> : undefined

/** Whether data is none: `undefined`, and neither `any` nor `never`. */
export type IsNothing<Data> = [undefined] extends [Data]
  ? unknown extends Data
    ? false
    : [Data] extends [undefined]
      ? true
      : false
  : false

/** Shows a computed type as the object it is. */
export type Simplify<T> = { [K in keyof T]: T[K] } & {}

/**
 * A type parameter, in a place it shall not be inferred from. Does what `NoInfer` does, and does not stay behind in
 * what the user sees. Without it, `channel()` inside `defineContract()` would be inferred from what the contract
 * expects, and not from its own argument.
 */
export type Inferred<T> = T extends infer Same extends T ? Same : never
