import type * as zod from 'zod/v4/core'

/**
 * A schema of `zod`, `zod/mini` or another library built on `zod/v4/core`.
 *
 * The constraint is the core type on purpose: `z.ZodType` would make the type checker compare every method of
 * every schema, and would exclude `zod/mini`.
 */
export type Schema = zod.$ZodType

/** Named schemas, as the params of a channel. */
export type Schemas = Readonly<Record<string, Schema>>

/**
 * The events of a channel or stream, or errors of a command: each name with its schema, or `undefined`
 * without data.
 */
export type DataSchemas = Readonly<Record<string, Schema | undefined>>

/** The decoded value of a schema, on both sides of the wire; `void` without a schema. */
// biome-ignore lint/suspicious/noConfusingVoidType: it stands for what a function without a result returns.
export type ValueOf<S> = S extends Schema ? zod.output<S> : void

/** The data of an event or error; `undefined` without a schema. */
export type DataOf<S> = S extends Schema ? zod.output<S> : undefined

/** Whether the data is exactly `undefined`, and neither `any` nor `never`. */
export type IsNothing<Data> = [undefined] extends [Data]
  ? unknown extends Data
    ? false
    : [Data] extends [undefined]
      ? true
      : false
  : false

/** Displays a computed type as a plain object. */
export type Simplify<T> = { [K in keyof T]: T[K] } & {}

/** Displays a computed union member by member. */
export type Shown<Union> = [Union] extends [infer Member] ? Member : never

/**
 * Prevents inference of a type parameter from this position, as `NoInfer` does, but does not show in hovers.
 *
 * Without it, `channel()` inside `defineContract()` would be inferred from the type the contract expects, and
 * not from its own argument.
 */
export type NotInferred<T> = T extends infer Same extends T ? Same : never
