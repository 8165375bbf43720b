import type { ContractDocument, ProcedureDocument } from '@tidings/core/describe'
import { suggestion } from './closest.js'
import { UsageError } from './exit-code.js'

type Kind = ProcedureDocument['kind']

/** A procedure of a description. */
export interface FoundProcedure<K extends Kind = Kind> {
  /** As in a URL: `chat/send`. */
  readonly path: string
  readonly procedure: Extract<ProcedureDocument, { readonly kind: K }>
}

/**
 * Finds a procedure by its path: `chat/send`, or `chat.send` as in a program.
 *
 * @throws UsageError if there is none, or it is of another kind
 */
export function findProcedure<K extends Kind>(
  { procedures }: ContractDocument,
  name: string,
  kind: K,
): FoundProcedure<K> {
  const path = Object.hasOwn(procedures, name) ? name : name.replaceAll('.', '/')
  const procedure = Object.hasOwn(procedures, path) ? procedures[path] : undefined
  if (!procedure) {
    const names = Object.keys(procedures).filter((other) => procedures[other]?.kind === kind)
    const known = names.length > 0 ? `There are: ${listOf(names)}` : `It has no ${kind}`
    throw new UsageError(`The contract has no ${kind} "${name}"${suggestion(name, names)}`, known)
  }
  if (procedure.kind !== kind) {
    const command = { channel: 'tail', command: 'call', stream: 'run' }[procedure.kind]
    throw new UsageError(
      `"${path}" is a ${procedure.kind}, not a ${kind}`,
      `Use: tidings ${command} <url> ${path}`,
    )
  }
  return { path, procedure: procedure as FoundProcedure<K>['procedure'] }
}

/** Returns the member of a client, or of an `emit`, for a procedure. */
export function memberAt(root: unknown, path: string): unknown {
  let member = root
  for (const step of path.split('/')) member = (member as Readonly<Record<string, unknown>>)[step]
  return member
}

const maxListed = 20

/** Lists names for a message, and how many there are beyond the first twenty. */
export function listOf(names: readonly string[]): string {
  const more = names.length - maxListed
  return names.slice(0, maxListed).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
