import type { Schema } from './types/schema.js'

const underWay = new Map<Schema, Set<Schema>>()

/**
 * Compares two schemas unless their comparison is under way already, as it is inside recursive schemas. Answers
 * `ifUnderWay` then.
 */
export function oncePerPair(
  one: Schema,
  other: Schema,
  ifUnderWay: boolean,
  compare: () => boolean,
): boolean {
  const others = underWay.get(one) ?? new Set()
  if (others.has(other)) return ifUnderWay
  underWay.set(one, others.add(other))
  try {
    return compare()
  } finally {
    others.delete(other)
    if (others.size === 0) underWay.delete(one)
  }
}
