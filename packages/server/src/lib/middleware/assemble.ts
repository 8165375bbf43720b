import type { ContractDefinition } from '@tidings/core'
import { invalidOptions, kindOf } from '../validate-options.js'
import type { AppContent } from './app.js'
import { type AnyMiddleware, contentOf } from './part.js'

/** The handlers of a contract, in its own shape, and the middleware of its procedures. */
export interface Assembled {
  readonly handlers: unknown
  /** By the path of the procedure: `rooms/send`. */
  readonly middleware: ReadonlyMap<string, readonly AnyMiddleware[]>
}

/**
 * Assembles the handlers of an app from its parts.
 *
 * @throws TidingsError `invalid_options` for a part that is unknown, or made for another member or app
 */
export function assemble({ contract, origin }: AppContent<ContractDefinition>, parts: unknown): Assembled {
  const middleware = new Map<string, readonly AnyMiddleware[]>()
  return { handlers: handlersOf(contract, parts, []), middleware }

  /** Returns the handlers of a member from its part, or of a group from the parts of its members. */
  function handlersOf(member: Member, given: unknown, path: readonly string[]): unknown {
    const at = ['parts', ...path].join('.')
    const part = contentOf(given)
    if (part) {
      if (part.origin !== origin) {
        throw invalidOptions(
          `${at} was made by an app of another implement(). Export one app, and import it in the file of each part`,
        )
      }
      if (part.member !== member) {
        throw invalidOptions(
          `${at} has the handlers of another member of the contract. Make it with app.handlers(${sourceOf(path)}, …)`,
        )
      }
      for (const procedure of pathsOf(member, path)) middleware.set(procedure, part.middleware)
      return part.handlers
    }
    if (isProcedure(member)) {
      throw invalidOptions(`${at} is ${notAPart(given)}. Make a part with app.handlers(${sourceOf(path)}, …)`)
    }
    return handlersOfGroup(member, given, path)
  }

  function handlersOfGroup(group: ContractDefinition, given: unknown, path: readonly string[]): unknown {
    const at = ['parts', ...path].join('.')
    if (typeof given !== 'object' || given === null) {
      throw invalidOptions(
        `${at} is ${notAPart(given)}. Make a part with app.handlers(${sourceOf(path)}, …), or give an object with the parts of its members: ${Object.keys(group).join(', ')}`,
      )
    }
    const handlers: Record<string, unknown> = {}
    for (const [name, inner] of Object.entries(given)) {
      const member = Object.hasOwn(group, name) ? group[name] : undefined
      if (!member) {
        throw invalidOptions(
          `${at}.${name} is not in the contract. Expected one of ${Object.keys(group).join(', ')}`,
        )
      }
      handlers[name] = handlersOf(member, inner, [...path, name])
    }
    for (const [name, member] of Object.entries(group)) {
      if (Object.hasOwn(handlers, name) || !needsHandler(member)) continue
      throw invalidOptions(
        `${at}.${name} is missing. Make it with app.handlers(${sourceOf([...path, name])}, …)`,
      )
    }
    return handlers
  }
}

type Member = ContractDefinition | ContractDefinition[string]

/** Returns the paths of a procedure, or of all procedures of a group. */
function pathsOf(member: Member, path: readonly string[]): string[] {
  if (isProcedure(member)) return [path.join('/')]
  return Object.entries(member).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))
}

/** Whether a member is required: all but channels without a snapshot, and groups of these. */
function needsHandler(member: Member): boolean {
  if (!isProcedure(member)) return Object.values(member).some((inner) => needsHandler(inner))
  return member.kind !== 'channel' || member.snapshot !== undefined
}

function isProcedure(member: Member): member is Exclude<Member, ContractDefinition> {
  return typeof member.kind === 'string'
}

function sourceOf(path: readonly string[]): string {
  return ['contract', ...path].join('.')
}

function notAPart(given: unknown): string {
  return typeof given === 'object' && given !== null ? 'not a part' : kindOf(given)
}
