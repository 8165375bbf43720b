import { partsOf } from './schema-walk.js'
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
