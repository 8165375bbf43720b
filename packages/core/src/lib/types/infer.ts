import type * as zod from 'zod/v4/core'
import type { ErrorCode, TidingsError } from '../problem.js'
import type { Channel, Stream } from './procedure.js'
import type { DataOf, DataSchemas, Schemas, Simplify, ValueOf } from './schema.js'

/** The params of a channel, as its handlers read them. What is given to name a topic is `GivenParamsOf`. */
export type ParamsOf<C> =
  C extends Channel<infer Params> ? Simplify<zod.output<zod.$ZodObject<Params, zod.$strip>>> : never

/** The events of a channel or stream: each one's name and payload. */
export type EventsOf<P> =
  P extends Channel<Schemas, infer Events>
    ? PayloadsOf<Events>
    : P extends Stream<infer _Input, infer Events>
      ? PayloadsOf<Events>
      : never

/** The state a channel's subscribers are handed first; `never` for a channel without a snapshot. */
export type SnapshotOf<C> =
  C extends Channel<Schemas, DataSchemas, infer Snapshot>
    ? Snapshot extends undefined
      ? never
      : ValueOf<Snapshot>
    : never

/** What the handler of a command or stream gets; `void` if it takes nothing. What its caller gives is `GivenInputOf`. */
export type InputOf<P> = P extends { readonly kind: 'command' | 'stream'; readonly input: infer Input }
  ? ValueOf<Input>
  : never

/** What a command or stream answers in the end; `void` if it only says that it is done. */
export type OutputOf<P> = P extends { readonly kind: 'command' | 'stream'; readonly output: infer Output }
  ? ValueOf<Output>
  : never

/** The declared errors of a command or stream: each one's name and data. */
export type ErrorsOf<P> = P extends { readonly kind: 'command' | 'stream'; readonly errors: infer Errors }
  ? PayloadsOf<Errors>
  : never

/** What each event or error carries, under its name. Homomorphic, so that a name leads to its line in the contract. */
export type PayloadsOf<S> = { [Name in keyof S]: DataOf<S[Name]> }

/** Events as they are yielded: one member for each name, told apart by `type`. */
export type EventUnion<Events> = { [Name in keyof Events]: { type: Name; data: Events[Name] } }[keyof Events]

/** What calling a command or stream can fail with, told apart by `code`. */
export type FailureOf<P> = DeclaredFailure<ErrorsOf<P>> | TidingsError<ErrorCode, undefined>

type DeclaredFailure<Errors> = {
  [Name in keyof Errors]: TidingsError<Name & string, Errors[Name]>
}[keyof Errors]
