import type * as zod from 'zod/v4/core'
import { type CodecName, codecNameOf } from '../codec-definitions.js'
import { exactFormatKeyword, type JsonSchema, type ValueKind, valueKeyword } from './document.js'

/** A codec of Tidings: what its values are in a program and, for one that travels as text, how that looks. */
interface KnownCodec {
  readonly kind: ValueKind
  readonly wire?: JsonSchema
}

const codecs: Readonly<Record<CodecName, KnownCodec>> = {
  Date: textCodec('Date', { format: 'date-time' }),
  bigint: textCodec('bigint', { pattern: '^-?\\d{1,4096}$' }),
  Uint8Array: textCodec('Uint8Array', { contentEncoding: 'base64' }),
  URL: textCodec('URL', { format: 'uri' }),
  Map: { kind: 'Map' },
  Set: { kind: 'Set' },
}

function textCodec(kind: ValueKind, rules: JsonSchema): KnownCodec {
  return { kind, wire: { type: 'string', ...rules, [exactFormatKeyword]: kind } }
}

/** Returns the codec of Tidings that a pipe is. */
export function knownCodecOf({ reverseTransform }: zod.$ZodPipeDef): KnownCodec | undefined {
  const name = codecNameOf(reverseTransform)
  return name && codecs[name]
}

/** Kinds of schemas whose values JSON cannot represent. */
const kindOfSchema: Readonly<Record<string, ValueKind>> = {
  date: 'Date',
  bigint: 'bigint',
  map: 'Map',
  set: 'Set',
  file: 'File',
  function: 'function',
  nan: 'NaN',
  promise: 'Promise',
  symbol: 'symbol',
  undefined: 'undefined',
  void: 'undefined',
  custom: 'unknown',
  transform: 'unknown',
}

/** Returns what a program holds for a schema whose values JSON cannot represent: the class of `z.instanceof()`. */
export function valueKindOf({ _zod: { def, bag } }: zod.$ZodTypes): ValueKind | undefined {
  const { Class } = bag as { Class?: { readonly name?: unknown } }
  if (def.type === 'custom' && typeof Class?.name === 'string' && Class.name !== '') return Class.name
  return Object.hasOwn(kindOfSchema, def.type) ? kindOfSchema[def.type] : undefined
}

/** Marks a value that JSON cannot represent. `items` are those of a `Set`, and the pairs of a `Map`. */
export function valueSchema(kind: ValueKind, items?: JsonSchema): JsonSchema {
  return { [valueKeyword]: kind, ...(items && { items }) }
}
