import type * as zod from 'zod/v4/core'
import { findConfusion } from './confusion.js'
import type { Obstacle } from './obstacle.js'
import type { Schema } from './types/schema.js'

type Kind = zod.$ZodTypes['_zod']['def']['type']

const unsendable: Partial<Record<Kind, readonly [problem: string, remedy: string]>> = {
  date: ['is z.date(), which JSON cannot represent', "Use isoDate from '@tidings/core'"],
  bigint: ['is z.bigint(), which JSON cannot represent', "Use bigint from '@tidings/core'"],
  map: ['is z.map(), which JSON cannot represent', "Use map(key, value) from '@tidings/core'"],
  set: ['is z.set(), which JSON cannot represent', "Use set(item) from '@tidings/core'"],
  transform: [
    'is a one-way transform, which cannot be undone on the other side',
    'Use z.codec() with decode and encode',
  ],
  unknown: [
    'is z.unknown(), which may hold values JSON cannot represent',
    'Use z.json(), or replace z.looseObject() with z.object()',
  ],
  any: ['is z.any(), which may hold values JSON cannot represent', 'Use z.json()'],
  undefined: ['is undefined, which JSON cannot represent', 'Make the key optional, or use z.null()'],
  void: ['is z.void(), which JSON cannot represent', 'Leave the schema out'],
  symbol: ['is a symbol, which JSON cannot represent', 'Use z.string() or z.enum()'],
  nan: ['is NaN, which JSON cannot represent', 'Use z.number().nullable()'],
  function: ['is a function, which JSON cannot represent', 'Declare a command instead'],
  promise: ['is a promise, which JSON cannot represent', 'Await it before sending'],
  file: ['is a file, which JSON cannot represent', "Use bytes from '@tidings/core'"],
  custom: [
    'is z.custom() or z.instanceof(), which do not define a JSON form',
    'Use z.codec() with the JSON form as its first schema',
  ],
  success: ['is z.success(), which cannot be undone on the other side', 'Use z.boolean()'],
}

/** What a walk through a schema is looking at. */
interface Place {
  readonly path: string
  /** A key that may be left out stands for `undefined`, which is no obstacle there. */
  readonly omittable: boolean
  /** The decoded side of a codec never travels: there only what cannot be undone is an obstacle. */
  readonly travels: boolean
}

/**
 * Finds the first thing in a schema that keeps its values from travelling as JSON and arriving as what was
 * sent.
 *
 * The type checker's twin is `types/sendable.ts`; this one looks everywhere: recursive schemas, literals,
 * optional elements.
 */
export function findObstacle(schema: Schema, at: { key?: boolean } = {}): Obstacle | undefined {
  const seen = new Map<string, Set<Schema>>()
  return visit(schema, { path: '', omittable: at.key === true && mayBeLeftOut(schema), travels: true })

  function visit(current: Schema, place: Place): Obstacle | undefined {
    // The same schema may do in one place and not in another, so it is judged once for each kind of place.
    if (isSeen(current, place)) return undefined
    return visitInside(current, place) ?? confusionIn(current, place)
  }

  function confusionIn(current: Schema, place: Place): Obstacle | undefined {
    const confusion = findConfusion(current)
    return confusion && { ...confusion, path: place.path + confusion.path }
  }

  function visitInside(current: Schema, place: Place): Obstacle | undefined {
    const { def } = (current as zod.$ZodTypes)._zod
    if (def.type === 'undefined' && place.omittable) return undefined
    if (def.type === 'optional') {
      if (place.travels && !place.omittable) {
        return {
          path: place.path,
          problem: 'may be undefined where JSON cannot omit a value',
          remedy: 'Use z.nullable()',
        }
      }
      return visit(def.innerType, { ...place, omittable: true })
    }

    const [problem, remedy] = unsendable[def.type] ?? []
    if (problem !== undefined && remedy !== undefined) {
      const oneWay = def.type === 'transform' || def.type === 'success'
      if (place.travels || oneWay) return { path: place.path, problem, remedy }
    }

    const inside = (child: Schema, step: string, omittable = false) =>
      visit(child, { path: place.path + step, omittable, travels: place.travels })
    switch (def.type) {
      case 'object':
        return (
          firstOf(Object.entries(def.shape), ([key, child]) =>
            inside(child, `.${key}`, mayBeLeftOut(child)),
          ) ??
          (def.catchall && inside(def.catchall, '.*', true))
        )
      case 'array':
        return inside(def.element, '[]')
      case 'tuple':
        return (
          firstOf([...def.items.entries()], ([index, child]) => inside(child, `[${index}]`)) ??
          (def.rest ? inside(def.rest, '[…]') : undefined)
        )
      case 'record':
        return inside(def.keyType, '{key}') ?? inside(def.valueType, '.*')
      case 'map':
        return inside(def.keyType, '{key}') ?? inside(def.valueType, '{value}')
      case 'set':
        return inside(def.valueType, '{item}')
      case 'union':
        return firstOf(def.options, (child) => inside(child, '', place.omittable))
      case 'intersection':
        return inside(def.left, '', place.omittable) ?? inside(def.right, '', place.omittable)
      case 'nonoptional':
        return inside(def.innerType, '', true)
      case 'nullable':
      case 'default':
      case 'prefault':
      case 'catch':
      case 'readonly':
        return inside(def.innerType, '', place.omittable)
      case 'lazy':
        return inside((current as zod.$ZodLazy)._zod.innerType, '', place.omittable)
      case 'pipe':
        return inside(def.in, '', place.omittable) ?? visit(def.out, { ...place, travels: false })
      case 'literal':
        return place.travels ? literalObstacle(def.values, place) : undefined
      case 'enum':
        return place.travels ? literalObstacle(Object.values(def.entries), place) : undefined
      default:
        return undefined
    }
  }

  function isSeen(current: Schema, { omittable, travels }: Place): boolean {
    const kind = `${omittable} ${travels}`
    const schemas = seen.get(kind) ?? new Set()
    seen.set(kind, schemas)
    if (schemas.has(current)) return true
    schemas.add(current)
    return false
  }
}

/** Whether zod takes an object without this key. A schema that admits `undefined` alone does not say so. */
function mayBeLeftOut(schema: Schema): boolean {
  return schema._zod.optin !== undefined
}

function literalObstacle(values: readonly unknown[], place: Place): Obstacle | undefined {
  for (const value of values) {
    if (value === undefined && place.omittable) continue
    if (
      value === undefined ||
      typeof value === 'bigint' ||
      typeof value === 'symbol' ||
      isNoJsonNumber(value)
    ) {
      return {
        path: place.path,
        problem: `is the literal ${typeof value === 'bigint' ? `${value}n` : String(value)}, which JSON cannot represent`,
        remedy: 'Use a string, a finite number, a boolean or null',
      }
    }
  }
  return undefined
}

/** JSON has null in place of NaN and the infinities. */
function isNoJsonNumber(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value)
}

function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
