import type { Comparison } from './diff-comparison.js'
import { compareSizes } from './diff-scalar.js'
import type { JsonSchema } from './document.js'

/** Compares lists and tuples: how many items they have, and each item. */
export function compareLists(
  comparison: Comparison,
  before: JsonSchema,
  after: JsonSchema,
  path: string,
): void {
  compareSizes(comparison, sized(before), sized(after), 'Items', 'items', path)
  const places = Math.max(prefixOf(before).length, prefixOf(after).length)
  for (let index = 0; index < places; index += 1) {
    const was = itemAt(before, index)
    const is = itemAt(after, index)
    // Where one of them has no such item, their sizes tell.
    if (was !== false && is !== false) comparison.compare(was, is, `${path}[${index}]`)
  }
  const was = before['items'] ?? {}
  const is = after['items'] ?? {}
  if (was !== false && is !== false) comparison.compare(was, is, `${path}[]`)
  comparison.compareRest(before, after, listKeywords, path)
}

const listKeywords = ['type', 'items', 'prefixItems', 'minItems', 'maxItems']

function prefixOf({ prefixItems }: JsonSchema): readonly unknown[] {
  return Array.isArray(prefixItems) ? prefixItems : []
}

/** Gives a tuple without further items its length as maximum. */
function sized(schema: JsonSchema): JsonSchema {
  const most = schema['items'] === false ? prefixOf(schema).length : Number.POSITIVE_INFINITY
  const { maxItems } = schema
  const least = Math.min(most, typeof maxItems === 'number' ? maxItems : Number.POSITIVE_INFINITY)
  return least === Number.POSITIVE_INFINITY ? schema : { ...schema, maxItems: least }
}

function itemAt(schema: JsonSchema, index: number): unknown {
  const { maxItems } = sized(schema)
  if (typeof maxItems === 'number' && index >= maxItems) return false
  return prefixOf(schema)[index] ?? schema['items'] ?? {}
}
