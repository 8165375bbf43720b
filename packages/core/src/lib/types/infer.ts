import type * as zod from 'zod/v4/core'
import type { ErrorCode, TidingsError } from '../error.js'
import type { Channel, Stream } from './procedure.js'
import type { DataOf, DataSchemas, Schemas, Shown, Simplify, ValueOf } from './schema.js'

/** The params of a channel as its handlers receive them. Callers give `GivenParamsOf`. */
export type ParamsOf<C> =
  C extends Channel<infer Params> ? Simplify<zod.output<zod.$ZodObject<Params, zod.$strip>>> : never

/** The events of a channel or stream: each name with its payload. */
export type EventsOf<P> =
  P extends Channel<Schemas, infer Events>
    ? PayloadsOf<Events>
    : P extends Stream<infer _Input, infer Events>
      ? PayloadsOf<Events>
      : never

/** The snapshot that a channel's subscribers receive first; `never` for a channel without one. */
export type SnapshotOf<C> =
  C extends Channel<Schemas, DataSchemas, infer Snapshot>
    ? Snapshot extends undefined
      ? never
      : ValueOf<Snapshot>
    : never

/**
 * The input as the handler of a command or stream receives it; `void` without one. Callers give
 * `GivenInputOf`.
 */
export type InputOf<P> = P extends { readonly kind: 'command' | 'stream'; readonly input: infer Input }
  ? ValueOf<Input>
  : never

/** The output of a command or stream; `void` if it only confirms completion. */
export type OutputOf<P> = P extends { readonly kind: 'command' | 'stream'; readonly output: infer Output }
  ? ValueOf<Output>
  : never

/** The declared errors of a command or stream: each name with its data. */
export type ErrorsOf<P> = P extends { readonly kind: 'command' | 'stream'; readonly errors: infer Errors }
  ? PayloadsOf<Errors>
  : never

/**
 * The payload of each event or error by name. Homomorphic, so go-to-definition on a name reaches the
 * contract.
 */
// With `& {}`, editors show the payloads and not the schemas.
export type PayloadsOf<S> = { [Name in keyof S]: DataOf<S[Name]> } & {}

/** The events of a loop: a union with a member for each name, discriminated by `type`. */
export type EventUnion<Events> = Shown<
  { [Name in keyof Events]: { type: Name; data: Events[Name] } }[keyof Events]
>

/** The errors that calling a command or stream can fail with, discriminated by `code`. */
export type FailureOf<P> = FailureUnion<ErrorsOf<P>>

/** The failures of declared errors and of Tidings' own: a union discriminated by `code`. */
export type FailureUnion<Errors> = Shown<
  | { [Name in keyof Errors]: TidingsError<Name & string, Errors[Name]> }[keyof Errors]
  | TidingsError<ErrorCode, undefined>
>
