import type * as zod from 'zod/v4/core'
import type { Schema } from './types/schema.js'

/** Whether a schema, or one inside it, matches. */
export function containsSchema(schema: Schema, matches: (inner: zod.$ZodTypes) => boolean): boolean {
  const seen = new Set<unknown>()
  return visit(schema)

  function visit(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || seen.has(value)) return false
    seen.add(value)
    return ('_zod' in value && matches(value as zod.$ZodTypes)) || partsOf(value).some(visit)
  }
}

/** Returns all values of a schema's definition, or of an object in one, since each kind keeps its inner schemas elsewhere. */
export function partsOf(value: object): readonly unknown[] {
  const { _zod } = value as Partial<zod.$ZodLazy>
  return _zod?.def.type === 'lazy' ? [_zod.innerType] : Object.values(_zod?.def ?? value)
}
