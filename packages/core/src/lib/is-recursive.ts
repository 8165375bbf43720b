import type * as zod from 'zod/v4/core'
import type { Schema } from './types/schema.js'

/** Whether a schema contains itself, or one inside it does: their values may be nested to any depth. */
export function isRecursive(schema: Schema): boolean {
  /** What was visited, and whether its visit is under way. */
  const seen = new Map<unknown, boolean>()
  return visit(schema)

  function visit(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    const isUnderWay = seen.get(value)
    if (isUnderWay !== undefined) return isUnderWay
    seen.set(value, true)
    const found = partsOf(value).some(visit)
    seen.set(value, false)
    return found
  }
}

/** Returns all values of a definition, since each kind keeps its inner schemas elsewhere. */
function partsOf(value: object): readonly unknown[] {
  if (!('_zod' in value)) return Object.values(value)
  const schema = value as zod.$ZodTypes
  const { def } = schema._zod
  return def.type === 'lazy' ? [(schema as zod.$ZodLazy)._zod.innerType] : Object.values(def)
}
