import type * as zod from 'zod/v4/core'
import { holds } from './schema-walk.js'
import type { Schema } from './types/schema.js'

/**
 * Finds a key that both sides of an intersection read as an object of a class, such as a Map. zod merges what both sides have
 * read, which it can do with plain objects, arrays, dates and scalars alone.
 *
 * @returns the path of the key, `''` for the whole value, or undefined where both sides can be merged
 */
export function findUnmergeable(left: Schema, right: Schema): string | undefined {
  if (!holds(left, isUnmergeable) && !holds(right, isUnmergeable)) return undefined
  const ours = shapeOf(left)
  const theirs = shapeOf(right)
  if (!ours || !theirs) return ''
  for (const [key, schema] of ours) {
    const other = theirs.get(key)
    if (other && (holds(schema, isUnmergeable) || holds(other, isUnmergeable))) return `.${key}`
  }
  return undefined
}

/** Whether a schema is a codec that makes an object of a class, or takes what it makes something else of. */
function isUnmergeable({ _zod: { def } }: zod.$ZodTypes): boolean {
  if ('coerce' in def && def.coerce === true) return true
  return (
    def.type === 'pipe' &&
    ['custom', 'map', 'set', 'file', 'any', 'unknown'].includes((def.out as zod.$ZodTypes)._zod.def.type)
  )
}

/** The keys of objects, where they are known. A record's own keys are not: it has none that another side declares. */
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
