import type * as zod from 'zod/v4/core'
import { accepts } from './acceptance.js'
import { drops } from './dropped-keys.js'
import { containsSchema } from './schema-walk.js'
import type { Schema } from './types/schema.js'
import { isCoerced, type Member, membersOf } from './union-members.js'

/** Two members of a union, by how they are called in a sentence, whose values are confused. */
export interface Overlap {
  readonly first: string
  readonly second: string
  /** The first reads what the second writes as something else, or accepts its values and drops keys of them. */
  readonly how: 'read' | 'drop'
}

/**
 * Finds two members of a union whose values are confused.
 *
 * The first member that accepts a value writes it, and the first that accepts what was written reads it. Both are the
 * same member unless an earlier one accepts what a later one writes, which only matters if one of them changes values.
 *
 * @param options the members in the order in which they read, with null and undefined for what `nullable`, `optional`
 * and `default` read before the schema inside
 * @param isExclusive whether exactly one member may accept a value, as in `z.xor()`
 */
export function findOverlap(
  options: readonly (Schema | null | undefined)[],
  isExclusive = false,
): Overlap | undefined {
  const members = options.map((option) => (option ? membersOf(option) : [option]))
  for (const [index, ours] of members.entries()) {
    const later = members.slice(index + 1).flat()
    for (const first of ours) {
      for (const second of later) {
        // In z.xor(), neither member may read what the other writes. It drops no keys.
        const how = isExclusive
          ? (misreads(first, second) ?? misreads(second, first))
          : conflict(first, second)
        if (how) return { first: nameOf(first), second: nameOf(second), how }
      }
    }
  }
  return undefined
}

function conflict(first: Member, second: Member): Overlap['how'] | undefined {
  return (
    misreads(first, second) ?? (accepts(first, second, 'memory') && drops(first, second) ? 'drop' : undefined)
  )
}

function misreads(reader: Member, writer: Member): 'read' | undefined {
  return !(isPlain(reader) && isPlain(writer)) && accepts(reader, writer, 'wire') ? 'read' : undefined
}

const plain = new WeakMap<Schema, boolean>()

/** Whether a schema returns every value that it accepts unchanged. */
function isPlain(member: Member): boolean {
  if (!member) return true
  const known = plain.get(member) ?? !containsSchema(member, changes)
  plain.set(member, known)
  return known
}

function changes({ _zod: { def } }: zod.$ZodTypes): boolean {
  if (def.type === 'pipe') return def.reverseTransform !== undefined
  return ['default', 'prefault', 'catch'].includes(def.type) || isCoerced(def)
}

function nameOf(member: Member): string {
  if (!member) return String(member)
  const { def } = member._zod
  if (def.type === 'pipe') return 'a codec'
  if ('format' in def && typeof def.format === 'string') return `${def.format} text`
  return `z.${def.type}()`
}
