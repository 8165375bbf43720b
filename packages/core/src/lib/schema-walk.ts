import type * as zod from 'zod/v4/core'
import type { Schema } from './types/schema.js'

/** Whether something holds of a schema, or of one inside it. */
export function holds(schema: Schema, is: (inner: zod.$ZodTypes) => boolean): boolean {
  const seen = new Set<unknown>()
  return visit(schema)

  /** Looks at all that a definition holds: whatever its kind, the schemas inside are somewhere in it. */
  function visit(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || seen.has(value)) return false
    seen.add(value)
    if (!('_zod' in value)) return Object.values(value).some(visit)
    const inner = value as zod.$ZodTypes
    if (is(inner)) return true
    const { def } = inner._zod
    return def.type === 'lazy'
      ? visit((inner as zod.$ZodLazy)._zod.innerType)
      : Object.values(def).some(visit)
  }
}
