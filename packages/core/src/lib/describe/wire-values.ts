import * as zod from 'zod/v4/core'
import { canonicalJson } from '../canonical.js'
import type { Schema } from '../types/schema.js'
import { safeEncode } from '../zod-encode.js'

/** Returns a value as it travels; undefined for one that its schema refuses, or that JSON cannot represent. */
export function encodedValue(schema: Schema, value: unknown): unknown {
  try {
    const encoded = safeEncode(schema, value)
    return encoded.success ? jsonOf(encoded.data) : undefined
  } catch {
    // A codec or check may throw.
    return undefined
  }
}

/** Returns examples as they travel. They are given as a program holds them, or as they travel. */
export function encodedExamples(schema: Schema, examples: unknown): readonly unknown[] {
  if (!Array.isArray(examples)) return []
  return examples
    .map((example) => encodedValue(schema, example) ?? acceptedValue(schema, example))
    .filter((example) => example !== undefined)
}

/** Returns a value that travels as it is; undefined for one that its schema refuses, or that JSON cannot represent. */
export function acceptedValue(schema: Schema, json: unknown): unknown {
  try {
    return zod.safeParse(schema, json).success ? jsonOf(json) : undefined
  } catch {
    return undefined
  }
}

/** Returns a value as JSON carries it; undefined for one that JSON cannot represent. */
export function jsonOf(value: unknown): unknown {
  try {
    const text = JSON.stringify(value)
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Returns the default of a schema, or undefined if it is computed each time, as by
 * `z.uuid().default(() => newId())`. zod does not tell which, so the default is read twice, at two times.
 */
export function constantDefault(read: () => unknown): unknown {
  const first = read()
  if (isSame(first, read()) && (isTimeless(first) || isSame(first, afterAMillisecond(read)))) return first
  return undefined
}

/** Whether a value cannot be a time. */
function isTimeless(value: unknown): boolean {
  if (typeof value === 'string') return value.length < 'hh:mm'.length
  if (typeof value === 'number') return value < Date.UTC(2000) / 1_000
  if (Array.isArray(value)) return value.every(isTimeless)
  const isPlain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isPlain ? Object.values(value).every(isTimeless) : typeof value !== 'object' || value === null
}

function afterAMillisecond(read: () => unknown): unknown {
  const start = Date.now()
  // At most a millisecond: describing is not worth a turn of the event loop, which would make it asynchronous.
  for (let count = 0; Date.now() === start && count < 1_000_000; count += 1);
  return read()
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (one instanceof Date && other instanceof Date) return one.getTime() === other.getTime()
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (one instanceof Map || one instanceof Set) return isSame([...one], [...(other as Set<unknown>)])
  try {
    return canonicalJson(one) === canonicalJson(other)
  } catch {
    return false
  }
}
