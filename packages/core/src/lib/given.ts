import * as zod from 'zod/v4/core'
import { containsSchema } from './schema-walk.js'
import type { Schema } from './types/schema.js'

/**
 * Makes the function that fills in the defaults of a schema where a caller omitted them.
 *
 * Encoding refuses a value with an omitted default: right for what a server emits, wrong for what a caller gives. A value
 * that does not fit is left as it is, for the schema to refuse.
 */
export function defaultFiller(schema: Schema): (given: unknown) => unknown {
  const hasDefaults = containsSchema(schema, hasDefault)
  const ofKeys = keyedKinds.has((schema as zod.$ZodTypes)._zod.def.type)
  return (given) => {
    const value = given === undefined && ofKeys ? {} : given
    return hasDefaults ? filled(schema, value) : value
  }
}

/** Whether a schema reads `undefined` as a value, by a default or a codec. */
function hasDefault({ _zod: { def, optin } }: zod.$ZodTypes): boolean {
  return ['default', 'prefault', 'catch'].includes(def.type) || (def.type === 'pipe' && optin !== undefined)
}

/** Kinds whose values have keys, so that `undefined` stands for a value that omits them all. */
const keyedKinds: ReadonlySet<string> = new Set(['object', 'record', 'intersection', 'union'])

function filled(schema: Schema, value: unknown): unknown {
  if (value === undefined) {
    if (schema._zod.optin === undefined) return value
    const { data } = zod.safeParse(schema, value)
    return data
  }
  const { def } = (schema as zod.$ZodTypes)._zod
  // Optional, nullable, readonly and others wrap one schema.
  if ('innerType' in def) return filled(def.innerType, value)
  switch (def.type) {
    case 'object':
      return isPlain(value) ? { ...value, ...filledKeys(def.shape, value) } : value
    case 'array':
      return filledItems([], def.element, value)
    case 'tuple':
      return filledItems(def.items, def.rest, value)
    case 'record':
      return isPlain(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(def.valueType, inner)]))
        : value
    case 'union':
      return filledMember(def.options, value)
    case 'intersection':
      return filled(def.right, filled(def.left, value))
    case 'lazy':
      return filled((schema as zod.$ZodLazy)._zod.innerType, value)
    default:
      return value
  }
}

function filledKeys(shape: zod.$ZodShape, value: Readonly<Record<string, unknown>>): object {
  const keys: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(shape)) {
    const inner = filled(schema, value[key])
    if (inner !== undefined) keys[key] = inner
  }
  return keys
}

function filledItems(items: readonly Schema[], rest: Schema | null, value: unknown): unknown {
  if (!Array.isArray(value)) return value
  const whole: unknown[] = []
  for (let index = 0; index < Math.max(items.length, value.length); index += 1) {
    const schema = items[index] ?? rest
    const inner = schema ? filled(schema, value[index]) : value[index]
    // Omitted items at the end stay omitted.
    if (index >= value.length && inner === undefined) break
    whole.push(inner)
  }
  return whole
}

/** Fills a value in as the first member of a union that accepts it, which also encodes it. */
function filledMember(options: readonly Schema[], value: unknown): unknown {
  for (const option of options) {
    const candidate = filled(option, value)
    if (zod.safeEncode(option, candidate).success) return candidate
  }
  return value
}

/** Whether a value is a plain object. A Date is not, although zod accepts it as an object without keys. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  // An object of another realm has another Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
