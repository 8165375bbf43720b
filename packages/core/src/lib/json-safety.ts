import type * as zod from 'zod/v4/core'
import { findRoundTripProblem } from './round-trip.js'
import type { Schema } from './types/schema.js'
import { lossyUses, type Reason, type Unserializable, unserializableKinds } from './unserializable.js'

type Kind = zod.$ZodTypes['_zod']['def']['type']

const reasonOf: Partial<Record<Kind, Reason>> = unserializableKinds

/** The position of a walk through a schema. */
interface Visit {
  readonly path: string
  /** Whether `undefined` is allowed here, since the key is omitted then. */
  readonly omittable: boolean
  /** Whether values of this side are sent. On the decoded side of a codec only one-way schemas are refused. */
  readonly isSent: boolean
}

/**
 * Finds the first part of a schema whose values JSON cannot carry, or that would arrive as something else.
 *
 * The type checker's twin is `types/json-safety.ts`. This one covers recursive schemas, literals and optional
 * elements as well.
 *
 * @param options `key` for a schema under a key, which may be omitted
 */
export function findUnserializable(
  schema: Schema,
  { key = false }: { readonly key?: boolean } = {},
): Unserializable | undefined {
  const seen = new Map<string, Set<Schema>>()
  return visit(schema, { path: '', omittable: key && isOmittable(schema), isSent: true })

  function visit(current: Schema, at: Visit): Unserializable | undefined {
    // A schema may be allowed in one position and not in another, so it is checked once for each kind of position.
    if (isSeen(current, at)) return undefined
    return visitInside(current, at) ?? roundTripProblemIn(current, at)
  }

  function roundTripProblemIn(current: Schema, at: Visit): Unserializable | undefined {
    const found = findRoundTripProblem(current)
    return found && { ...found, path: at.path + found.path }
  }

  function visitInside(current: Schema, at: Visit): Unserializable | undefined {
    const { def } = (current as zod.$ZodTypes)._zod
    if (def.type === 'undefined' && at.omittable) return undefined
    if (def.type === 'optional') {
      if (at.isSent && !at.omittable) {
        return {
          path: at.path,
          problem: 'may be undefined where JSON cannot omit a value',
          remedy: 'Use z.nullable()',
        }
      }
      return visit(def.innerType, { ...at, omittable: true })
    }

    const reason = reasonOf[def.type]
    const isOneWay = def.type === 'transform' || def.type === 'success'
    if (reason && (at.isSent || isOneWay)) return { path: at.path, ...reason }

    const inside = (child: Schema, step: string, omittable = false) =>
      visit(child, { path: at.path + step, omittable, isSent: at.isSent })
    switch (def.type) {
      case 'object':
        return (
          firstOf(Object.entries(def.shape), ([key, child]) =>
            inside(child, `.${key}`, isOmittable(child)),
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
        return firstOf(def.options, (child) => inside(child, '', at.omittable))
      case 'intersection':
        return inside(def.left, '', at.omittable) ?? inside(def.right, '', at.omittable)
      case 'nonoptional':
        return inside(def.innerType, '', true)
      case 'nullable':
      case 'default':
      case 'prefault':
      case 'catch':
      case 'readonly':
        return inside(def.innerType, '', at.omittable)
      case 'lazy':
        return inside((current as zod.$ZodLazy)._zod.innerType, '', at.omittable)
      case 'pipe':
        return inside(def.in, '', at.omittable) ?? visit(def.out, { ...at, isSent: false })
      case 'literal':
        return at.isSent ? unserializableLiteral(def.values, at) : undefined
      case 'enum':
        return at.isSent ? unserializableLiteral(Object.values(def.entries), at) : undefined
      default:
        return undefined
    }
  }

  function isSeen(current: Schema, { omittable, isSent }: Visit): boolean {
    const kind = `${omittable} ${isSent}`
    const schemas = seen.get(kind) ?? new Set()
    seen.set(kind, schemas)
    if (schemas.has(current)) return true
    schemas.add(current)
    return false
  }
}

/** Whether zod accepts an object without this key. A schema that merely accepts `undefined` does not. */
function isOmittable(schema: Schema): boolean {
  return schema._zod.optin !== undefined
}

function unserializableLiteral(values: readonly unknown[], at: Visit): Unserializable | undefined {
  for (const value of values) {
    if (value === undefined && at.omittable) continue
    if (value === undefined || typeof value === 'bigint' || typeof value === 'symbol' || isNotFinite(value)) {
      return {
        path: at.path,
        ...lossyUses.literal,
        problem: `is the literal ${typeof value === 'bigint' ? `${value}n` : String(value)}, ${lossyUses.literal.problem}`,
      }
    }
  }
  return undefined
}

/** JSON.stringify writes NaN and the infinities as null. */
function isNotFinite(value: unknown): boolean {
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
