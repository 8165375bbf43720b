import * as zod from 'zod/v4/core'
import { holds } from './schema-walk.js'
import type { Schema } from './types/schema.js'

/**
 * Makes the function that completes what a caller gives for a schema: it puts in what has a default and was left out.
 * Encoding refuses a value that is not whole, which is right for what a server emits and not for what a caller gives.
 *
 * What does not fit is left as it is, for the schema to complain of.
 */
export function completerOf(schema: Schema): (given: unknown) => unknown {
  const hasDefaults = holds(schema, mayStandIn)
  const ofKeys = kindsOfKeys.has((schema as zod.$ZodTypes)._zod.def.type)
  return (given) => {
    const value = given === undefined && ofKeys ? {} : given
    return hasDefaults ? completed(schema, value) : value
  }
}

/** Whether a schema gives a value where there is none: it has a default, or a codec that reads nothing as something. */
function mayStandIn({ _zod: { def, optin } }: zod.$ZodTypes): boolean {
  return ['default', 'prefault', 'catch'].includes(def.type) || (def.type === 'pipe' && optin !== undefined)
}

/** Kinds whose values have keys: to give none of these is to give nothing. */
const kindsOfKeys: ReadonlySet<string> = new Set(['object', 'record', 'intersection', 'union'])

function completed(schema: Schema, value: unknown): unknown {
  if (value === undefined) {
    if (schema._zod.optin === undefined) return value
    const { data } = zod.safeParse(schema, value)
    return data
  }
  const { def } = (schema as zod.$ZodTypes)._zod
  switch (def.type) {
    case 'object':
      return isPlain(value) ? { ...value, ...completedKeys(def.shape, value) } : value
    case 'array':
      return Array.isArray(value) ? value.map((item) => completed(def.element, item)) : value
    case 'tuple':
      return Array.isArray(value) ? completedItems(def, value) : value
    case 'record':
      return isPlain(value)
        ? Object.fromEntries(
            Object.entries(value).map(([key, inner]) => [key, completed(def.valueType, inner)]),
          )
        : value
    case 'union':
      return completedMember(def.options, value)
    case 'intersection':
      return completed(def.right, completed(def.left, value))
    case 'lazy':
      return completed((schema as zod.$ZodLazy)._zod.innerType, value)
    case 'optional':
    case 'nonoptional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return completed(def.innerType, value)
    default:
      return value
  }
}

function completedKeys(shape: zod.$ZodShape, value: Readonly<Record<string, unknown>>): object {
  const keys: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(shape)) {
    const inner = completed(schema, value[key])
    if (inner !== undefined) keys[key] = inner
  }
  return keys
}

function completedItems({ items, rest }: zod.$ZodTupleDef, value: readonly unknown[]): unknown[] {
  const whole: unknown[] = []
  for (let index = 0; index < Math.max(items.length, value.length); index += 1) {
    const schema = items[index] ?? rest
    const inner = schema ? completed(schema, value[index]) : value[index]
    // What may be left out at the end stays away.
    if (index >= value.length && inner === undefined) break
    whole.push(inner)
  }
  return whole
}

/** As the first member that takes it, which is also the one that encodes it. */
function completedMember(options: readonly Schema[], value: unknown): unknown {
  for (const option of options) {
    const candidate = completed(option, value)
    if (zod.safeEncode(option, candidate).success) return candidate
  }
  return value
}

/** Whether a value is an object as it is written: a Date is not, although zod takes it for an object without keys. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  // An object of another realm has another Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
