import type { JsonSchema } from './document.js'
import { documentFault, listAt, objectAt, within } from './document-fault.js'
import { definitionName } from './schema-names.js'

/**
 * Checks that no definition is only another name of itself, by references and combinations without a value in between.
 * Reading a value of one would not come to an end.
 *
 * @throws TidingsError `invalid_contract` for such a definition
 */
export function checkReferences(defs: JsonSchema, path: string): void {
  /** The definitions whose references were followed, and whether that is over. */
  const seen = new Map<string, boolean>()
  for (const name of Object.keys(defs)) visit(name, 0)

  function visit(name: string, depth: number): void {
    if (depth > maxDepth) {
      throw documentFault(
        within(path, name),
        `is at the end of more than ${maxDepth} definitions that refer to each other`,
      )
    }
    const isOver = seen.get(name)
    if (isOver === false)
      throw documentFault(within(path, name), 'contains itself without a value in between')
    if (isOver || !Object.hasOwn(defs, name)) return
    seen.set(name, false)
    for (const inner of referencesOf(defs[name], within(path, name))) visit(inner, depth + 1)
    seen.set(name, true)
  }
}

/** Lists the definitions that a schema applies to the same value. */
function referencesOf(schema: unknown, path: string, depth = 0): readonly string[] {
  if (typeof schema === 'boolean' || depth > maxDepth) return []
  const { $ref, ...rest } = objectAt(schema, path)
  const named = typeof $ref === 'string' ? definitionName($ref) : undefined
  const combined = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) =>
    (listAt(rest[keyword], within(path, keyword)) ?? []).flatMap((member, index) =>
      referencesOf(member, within(within(path, keyword), index), depth + 1),
    ),
  )
  return named === undefined ? combined : [named, ...combined]
}

/** How deep schemas may be inside others. */
export const maxDepth = 100
