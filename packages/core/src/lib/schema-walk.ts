import type * as zod from 'zod/v4/core'
import type { Schema } from './types/schema.js'

/** Whether a schema, or one inside it, matches. */
export function containsSchema(schema: Schema, matches: (inner: zod.$ZodTypes) => boolean): boolean {
  const seen = new Set<unknown>()
  return visit(schema)

  /** Walks all values of a definition, since each kind keeps its inner schemas elsewhere. */
  function visit(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || seen.has(value)) return false
    seen.add(value)
    if (!('_zod' in value)) return Object.values(value).some(visit)
    const inner = value as zod.$ZodTypes
    if (matches(inner)) return true
    const { def } = inner._zod
    return def.type === 'lazy'
      ? visit((inner as zod.$ZodLazy)._zod.innerType)
      : Object.values(def).some(visit)
  }
}
