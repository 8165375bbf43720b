import * as zod from 'zod/v4/core'
import { isAsymmetric } from './asymmetric.js'
import { containsSchema } from './schema-walk.js'
import type { Schema } from './types/schema.js'
import { safeEncode } from './zod-encode.js'

/**
 * Makes the function that fills in the defaults of a schema where a caller omitted them.
 *
 * Encoding refuses a value with an omitted default: right for what a server emits, wrong for what a caller gives. A value
 * that does not fit is left as it is, for the schema to refuse.
 */
export function defaultFiller(schema: Schema): (given: unknown) => unknown {
  const hasDefaults = containsSchema(schema, hasDefault)
  const ofKeys = keyedKinds.includes((schema as zod.$ZodTypes)._zod.def.type)
  return (given) => {
    const value = given === undefined && ofKeys ? {} : given
    return hasDefaults ? filled(schema, value) : value
  }
}

/** Whether a schema reads `undefined` as a value, by a default or a codec. */
function hasDefault(schema: zod.$ZodTypes): boolean {
  return isAsymmetric(schema) && schema._zod.optin !== undefined
}

/** Kinds whose values have keys, so that `undefined` stands for a value that omits them all. */
const keyedKinds: readonly string[] = ['object', 'record', 'intersection', 'union']

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
      return filledKeys(value, def.shape)
    case 'array':
      return filledItems([], def.element, value)
    case 'tuple':
      return filledItems(def.items, def.rest, value)
    case 'record':
      return filledKeys(value, undefined, def.valueType)
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

/** Fills in the keys of `shape`, or else all keys that were given, as `rest`. */
function filledKeys(value: unknown, shape: zod.$ZodShape | undefined, rest?: Schema): unknown {
  if (!isPlain(value)) return value
  const whole = { ...value }
  for (const key of Object.keys(shape ?? value)) {
    const schema = shape?.[key] ?? rest
    const inner = schema && filled(schema, value[key])
    if (inner !== undefined) whole[key] = inner
  }
  return whole
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
    if (safeEncode(option, candidate).success) return candidate
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
