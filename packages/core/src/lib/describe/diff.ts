import { type Change, changeOf } from './diff-change.js'
import { compareProcedures } from './diff-procedure.js'
import { structureOf } from './diff-value.js'
import type { ContractDocument, ProcedureDocument } from './document.js'

/**
 * Compares two versions of a contract. Returns what changed, with what it does to clients of the version before and to
 * servers of the version before; none for contracts whose values travel alike.
 *
 * Respects what the runtime does: a client skips events that it does not know, both sides drop keys that they do not
 * declare, and a sender fills in defaults. Where the documents do not tell, a change is `dangerous`.
 */
export function diff(before: ContractDocument, after: ContractDocument): readonly Change[] {
  const paths = new Set([...Object.keys(before.procedures), ...Object.keys(after.procedures)])
  return [...paths].flatMap((path) => {
    const was = own(before, path)
    const is = own(after, path)
    if (was && is) return compareProcedures(path, was, is)
    if (is) return [added(path, is, before, after)]
    return was ? [removed(path, was, before, after)] : []
  })
}

function own({ procedures }: ContractDocument, path: string): ProcedureDocument | undefined {
  return Object.hasOwn(procedures, path) ? procedures[path] : undefined
}

function added(
  path: string,
  procedure: ProcedureDocument,
  before: ContractDocument,
  after: ContractDocument,
): Change {
  const name = sameIn(before, after, procedure)
  const sentence = `is a new ${procedure.kind}${name ? `, like ${name} before,` : ''} that old servers answer with not_found`
  return changeOf(path, 'procedure-added', { clients: 'safe', servers: 'dangerous' }, sentence, '')
}

function removed(
  path: string,
  procedure: ProcedureDocument,
  before: ContractDocument,
  after: ContractDocument,
): Change {
  const name = sameIn(after, before, procedure)
  const sentence = `was a ${procedure.kind} and is gone${name ? `, perhaps to ${name}` : ''}`
  const advice = 'keep it under this name too, until no client is left that uses it'
  return changeOf(path, 'procedure-removed', { clients: 'breaking', servers: 'safe' }, sentence, advice)
}

/** Returns the path of the same procedure under a name that only one version has, if there is one. */
function sameIn(
  one: ContractDocument,
  other: ContractDocument,
  procedure: ProcedureDocument,
): string | undefined {
  const structure = structureOf(procedure)
  return Object.keys(one.procedures).find(
    (path) => !own(other, path) && structureOf(own(one, path)) === structure,
  )
}
