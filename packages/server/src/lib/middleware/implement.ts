import type { ContractDefinition } from '@tidings/core'
import { checkContract } from '@tidings/core/wire'
import type { ContextOptions, ServerOptions } from '../options.js'
import { invalidOptions, kindOf, requireFunction, requireKnownKeys } from '../validate-options.js'
import { type AnyApp, type App, type AppContent, appMarker } from './app.js'
import { type AnyMiddleware, type Part, type PartContent, partMarker } from './part.js'

/**
 * Begins the handlers of a contract that are written in several files or behind middleware. Returns an app:
 * `app.use(middleware)`, `app.handlers(contract.rooms, { … })`, `createServer(app, options, parts)`.
 *
 * The options are those that give `context` its type; every other option belongs to `createServer`.
 *
 * @throws TidingsError `invalid_options` for an unknown option, `invalid_contract` for a mistake in the contract
 */
export function implement<const Contract extends ContractDefinition, Context = undefined>(
  contract: Contract,
  options: ContextOptions<Context> = {},
): App<Contract, Context> {
  requireKnownKeys('options', options, ['context', 'principal'], 'implement')
  for (const name of ['context', 'principal'] as const) requireFunction(name, options[name], 'implement')
  checkContract(contract)
  const app = new AppBuilder({
    contract,
    options: options as ContextOptions<unknown>,
    middleware: [],
    origin: {},
  })
  return app as unknown as App<Contract, Context>
}

/** Returns what an app consists of; `undefined` for a contract. */
export function contentOfApp(
  served: ContractDefinition | AnyApp,
): AppContent<ContractDefinition> | undefined {
  const isApp = typeof served === 'object' && served !== null && appMarker in served
  return isApp ? (served as AnyApp)[appMarker] : undefined
}

/** Returns the options of an app's server. @throws TidingsError `invalid_options` for those of `implement` */
export function optionsOf(
  { options }: AppContent<ContractDefinition>,
  given: ServerOptions<unknown>,
): ServerOptions<unknown> {
  for (const name of ['context', 'principal'] as const) {
    if (given?.[name] === undefined) continue
    throw invalidOptions(
      `options has "${name}". Give it to implement(), where it types middleware and handlers`,
    )
  }
  return { ...given, ...options }
}

/** An app without its types. */
class AppBuilder implements AnyApp {
  readonly [appMarker]: AppContent<ContractDefinition>

  constructor(content: AppContent<ContractDefinition>) {
    this[appMarker] = content
  }

  use(middleware: AnyMiddleware): AppBuilder {
    const isStarted = typeof middleware === 'object' && typeof middleware?.start === 'function'
    if (typeof middleware !== 'function' && !isStarted) {
      throw invalidOptions(
        `the middleware is ${kindOf(middleware)}. Give a function, or an object with the function start`,
        'use',
      )
    }
    const content = this[appMarker]
    return new AppBuilder({ ...content, middleware: [...content.middleware, middleware] })
  }

  handlers(member: unknown, handlers: unknown): Part<unknown> {
    const { contract, middleware, origin } = this[appMarker]
    if (!contains(contract, member)) {
      const message =
        'the first argument is not a member of the contract. Give the contract of implement(), or a member of it: contract.rooms'
      throw invalidOptions(message, 'handlers')
    }
    const content: PartContent<unknown> = { member, handlers, middleware, origin }
    return Object.freeze({ [partMarker]: content })
  }
}

/** Returns whether a value is a group or procedure of a contract, or the contract itself. */
function contains(group: unknown, member: unknown): boolean {
  if (group === member) return true
  if (typeof group !== 'object' || group === null || isProcedure(group)) return false
  return Object.values(group).some((inner) => contains(inner, member))
}

/** A group may have a member named `kind`, which is not text. */
function isProcedure(member: { readonly kind?: unknown }): boolean {
  return typeof member.kind === 'string'
}
