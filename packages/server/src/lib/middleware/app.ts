import type { ContractDefinition } from '@tidings/core'
import type { ContextOptions } from '../options.js'
import type { Emit } from '../types/emit.js'
import type { MemberHandler } from '../types/handlers.js'
import type { Middleware, Narrowed, NoKeys, ServerMiddleware } from './middleware.js'
import type { AnyMiddleware, Part } from './part.js'
import type { MemberCheck } from './parts-check.js'

// A registered symbol, so that the CommonJS and the ES modules of this package recognise each other's apps.
export const appMarker: unique symbol = Symbol.for('@tidings/app') as never

/**
 * A contract whose handlers are written in parts, each in a file of its own, behind middleware. Made by `implement`.
 *
 * An app is immutable: `use` returns another one, and a part keeps the middleware of the app that made it.
 */
export interface App<in out Contract, in out Context> {
  /**
   * Returns an app whose parts run behind one more middleware, after those that this app has.
   *
   * What the middleware passes to `next({ context })` narrows the type of `context` for everything that follows.
   */
  use<Added extends object = NoKeys>(
    middleware: Middleware<Context, Added> | ServerMiddleware<Context, Added>,
  ): App<Contract, Narrowed<Context, Added>>
  /**
   * Returns the handlers of the contract or of one of its members, a group or a procedure, as a part:
   * `app.handlers(contract.rooms, { send: … })`.
   *
   * @throws TidingsError `invalid_options` for a member of another contract
   */
  handlers<Member>(
    member: Member & MemberCheck<Contract, Member>,
    handlers: MemberHandler<Member, Context, Emit<Contract>>,
  ): Part<Member>
  readonly [appMarker]: AppContent<Contract>
}

/** What an app consists of. */
export interface AppContent<Contract> {
  readonly contract: Contract
  readonly options: ContextOptions<unknown>
  readonly middleware: readonly AnyMiddleware[]
  /** Identifies the call of `implement` that the app descends from. */
  readonly origin: object
}

/** An app of any contract. */
export interface AnyApp {
  readonly [appMarker]: AppContent<ContractDefinition>
}

/** The contract of an app, or the contract itself. */
export type ContractOf<Subject> = Subject extends { readonly [appMarker]: AppContent<infer Contract> }
  ? Contract
  : Subject

/**
 * The context that a program may give for a caller: what the `context` of the app returns, or that of the server's
 * options. `never` if neither has one.
 */
export type ContextOf<Subject, Given> =
  Subject extends App<ContractOf<Subject>, infer Context> ? Present<Context> : Present<Given>

type Present<Context> = [Context] extends [undefined] ? never : Context
