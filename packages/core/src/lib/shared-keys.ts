import type * as zod from 'zod/v4/core'
import { containsSchema } from './schema-walk.js'
import type { Schema } from './types/schema.js'

/**
 * Finds a key that both sides of an intersection decode to an object of a class, such as a Map. zod merges the values of
 * both sides, but only plain objects, arrays, dates and scalars.
 *
 * @returns the path of the key, `''` for the whole value, or undefined if both sides can be merged
 */
export function findUnmergeable(left: Schema, right: Schema): string | undefined {
  if (!containsSchema(left, isUnmergeable) && !containsSchema(right, isUnmergeable)) return undefined
  const ours = shapeOf(left)
  const theirs = shapeOf(right)
  if (!ours || !theirs) return ''
  for (const [key, schema] of ours) {
    const other = theirs.get(key)
    if (other && (containsSchema(schema, isUnmergeable) || containsSchema(other, isUnmergeable)))
      return `.${key}`
  }
  return undefined
}

/** Whether a schema coerces values or decodes them to an object of a class. */
function isUnmergeable({ _zod: { def } }: zod.$ZodTypes): boolean {
  if ('coerce' in def && def.coerce === true) return true
  return (
    def.type === 'pipe' &&
    ['custom', 'map', 'set', 'file', 'any', 'unknown'].includes((def.out as zod.$ZodTypes)._zod.def.type)
  )
}

/** Returns the declared keys of an object with their schemas. Undefined where they are unknown; none for a record. */
export function shapeOf(schema: Schema): ReadonlyMap<string, Schema> | undefined {
  const { def } = (schema as zod.$ZodTypes)._zod
  switch (def.type) {
    case 'object':
      return new Map(Object.entries(def.shape))
    case 'record':
      return new Map()
    case 'intersection':
      return merged([def.left, def.right])
    case 'union':
      return merged(def.options)
    case 'optional':
    case 'nonoptional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return shapeOf(def.innerType)
    case 'lazy':
      return shapeOf((schema as zod.$ZodLazy)._zod.innerType)
    case 'pipe':
      return def.reverseTransform ? undefined : shapeOf(def.in)
    default:
      return undefined
  }
}

function merged(schemas: readonly Schema[]): ReadonlyMap<string, Schema> | undefined {
  const shapes = schemas.map(shapeOf)
  const known = shapes.filter((shape) => shape !== undefined)
  if (known.length < shapes.length) return undefined
  return new Map(known.flatMap((shape) => [...shape]))
}

/** Whether an object may have keys that its schema does not declare. */
export function isOpen(schema: Schema): boolean {
  const { def } = (schema as zod.$ZodTypes)._zod
  if (def.type === 'intersection') return isOpen(def.left) || isOpen(def.right)
  if (def.type === 'object') return def.catchall !== undefined && def.catchall._zod.def.type !== 'never'
  return def.type === 'record'
}
