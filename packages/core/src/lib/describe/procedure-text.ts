import type { ProcedureDocument } from './document.js'

/** The texts of a procedure in a document for people. */
export interface ProcedureText {
  readonly summary: string
  /** In Markdown. */
  readonly description: string | undefined
  readonly isDeprecated: boolean
  /** The group that the procedure belongs to: `chat` for `chat/send`. Absent at the top of the contract. */
  readonly group: string | undefined
}

/** Returns the texts of a procedure. `byDefault` is the summary of one without a title. */
export function textOf(path: string, procedure: ProcedureDocument, byDefault: string): ProcedureText {
  const { title, description, deprecated } = procedure
  const notice = typeof deprecated === 'string' && `**Deprecated.** ${deprecated}`
  const paragraphs = [notice, description].filter(Boolean)
  const end = path.lastIndexOf('/')
  return {
    summary: title ?? byDefault,
    description: paragraphs.length > 0 ? paragraphs.join('\n\n') : undefined,
    isDeprecated: deprecated !== undefined && deprecated !== false,
    group: end < 0 ? undefined : path.slice(0, end),
  }
}

/** Returns the groups of a contract, each after the group that it is part of. */
export function groupsOf(paths: Iterable<string>): readonly string[] {
  const groups = new Set<string>()
  for (const path of paths) {
    const steps = path.split('/').slice(0, -1)
    for (const [index] of steps.entries()) groups.add(steps.slice(0, index + 1).join('/'))
  }
  return [...groups]
}

/** Returns the name of a procedure's parts in a document: `chat.send`. No name of a contract contains a dot. */
export function dotted(path: string): string {
  return path.replaceAll('/', '.')
}
