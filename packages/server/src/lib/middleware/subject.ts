import type { ContractDefinition } from '@tidings/core'
import type { Handlers } from '../types/handlers.js'
import type { AnyApp, App, ContractOf } from './app.js'
import type { PartsCheck, PartsMistake } from './parts-check.js'

/** What `createServer` serves: a contract, or an app made of one by `implement`. */
export type Subject = ContractDefinition | AnyApp

// A conditional type and not an overload: with two overloads, TypeScript reports a mistake in a handler at the
// call of `createServer`, and once for each.
/** The handlers of a contract, or the parts of an app. */
export type HandlersFor<Served, Context, Given> = Served extends AnyApp
  ? Given & PartsCheck<ContractOf<Served>, Given>
  : Handlers<Served, Context>

/** The type of `context` where the options do not determine it: that of the app, or undefined. */
export type DefaultContext<Served> = Served extends AnyApp
  ? Served extends App<ContractOf<Served>, infer Context>
    ? Context
    : unknown
  : undefined

/** Refuses the options that `implement` takes. */
export type OptionsFor<Served> = Served extends AnyApp
  ? {
      readonly context?: PartsMistake<'Give `context` to implement(), which types middleware by it'>
      readonly principal?: PartsMistake<'Give `principal` to implement(), together with `context`'>
    }
  : unknown
