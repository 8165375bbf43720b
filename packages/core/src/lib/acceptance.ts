import * as zod from 'zod/v4/core'
import { oncePerPair } from './schema-pairs.js'
import { isOpen, shapeOf } from './shared-keys.js'
import { isKnownText, textSamplesOf } from './text-samples.js'
import type { Schema } from './types/schema.js'
import { formsOf, isCoerced, type Member, membersOf, type Side } from './union-members.js'

/** Whether a schema may accept a value of another. True where that cannot be determined. */
export function accepts(reader: Member, writer: Member, side: Side): boolean {
  if (!reader || !writer) return acceptsMissing(reader, writer, side)
  return oncePerPair(reader, writer, true, () => acceptsForm(reader, writer, side))
}

function acceptsForm(reader: zod.$ZodTypes, writer: zod.$ZodTypes, side: Side): boolean {
  const read = reader._zod.def
  const written = writer._zod.def
  if (read.type === 'never' || written.type === 'never') return false
  if (isCoerced(read) || (read.type === 'catch' && side === 'wire')) return true
  const values = valuesOf(written)
  if (values) return values.some((value) => acceptsValue(reader, value, side))
  const known = valuesOf(read)
  if (known) return known.some((value) => acceptsValue(writer, value, side))
  const samples = side === 'wire' && isKnownText(reader) ? textSamplesOf(writer) : undefined
  if (samples) return samples.some((text) => acceptsValue(reader, text, side))
  // What reads undefined as its default reads that of a codec which omits a value.
  const isDefaulting = side === 'wire' && (read.type === 'default' || read.type === 'prefault')
  const readerForms = isDefaulting ? [undefined, ...membersOf(read.innerType)] : formsOf(reader, side)
  const writerForms = formsOf(writer, side)
  if (readerForms || writerForms) return anyAccepts(readerForms ?? [reader], writerForms ?? [writer], side)
  if (read.type === 'intersection') {
    return [read.left, read.right].every((part) => anyAccepts(membersOf(part).map(loosened), [writer], side))
  }
  if (written.type === 'intersection' && read.type === 'object') {
    return acceptsMerged(reader as zod.$ZodObject, written, side)
  }
  if (written.type === 'intersection') {
    return [written.left, written.right].every((part) => anyAccepts([reader], membersOf(part), side))
  }
  if (read.type === 'object' && isInstance(written.type)) return acceptsInstance(reader, written.type)
  if (kindOf(read.type) !== kindOf(written.type)) return false
  if (read.type === 'object' && written.type === 'object') return acceptsObject(read, written, side)
  if (read.type === 'tuple' && written.type === 'tuple') return acceptsTuple(read, written, side)
  if (read.type === 'object' && written.type === 'record') return objectAcceptsRecord(read, written, side)
  if (read.type === 'record' && written.type === 'object') return recordAcceptsObject(read, written, side)
  return true
}

const withoutStrictness = new WeakMap<Schema, zod.$ZodTypes>()

/** A side of an intersection accepts keys that the other side declares, even if it is strict. */
function loosened(member: Member): Member {
  if (member?._zod.def.type !== 'object' || !member._zod.def.catchall) return member
  const { shape } = member._zod.def
  const known =
    withoutStrictness.get(member) ?? (new zod.$ZodObject({ type: 'object', shape }) as zod.$ZodTypes)
  withoutStrictness.set(member, known)
  return known
}

/** As {@link accepts}, where either is null or undefined. */
function acceptsMissing(reader: Member, writer: Member, side: Side): boolean {
  if (!writer) {
    if (!reader) return reader === writer
    if (writer === undefined && side === 'wire') return reader._zod.optin !== undefined
    return acceptsValue(reader, writer, side)
  }
  return (
    valuesOf(writer._zod.def)?.includes(reader) || anyAccepts([reader], formsOf(writer, side) ?? [], side)
  )
}

function anyAccepts(readers: readonly Member[], writers: readonly Member[], side: Side): boolean {
  return readers.some((reader) => writers.some((writer) => accepts(reader, writer, side)))
}

function valuesOf(def: zod.$ZodTypes['_zod']['def']): readonly unknown[] | undefined {
  if (def.type === 'literal') return def.values
  if (def.type === 'enum') return Object.values(def.entries)
  if (def.type === 'null') return [null]
  if (def.type === 'boolean') return [true, false]
  return undefined
}

function acceptsValue(schema: Schema, value: unknown, side: Side): boolean {
  try {
    return (side === 'wire' ? zod.safeParse : zod.safeEncode)(schema, value).success
  } catch {
    return true
  }
}

function kindOf(type: string): string {
  if (type === 'template_literal') return 'string'
  if (type === 'tuple') return 'array'
  if (type === 'record') return 'object'
  return type
}

/** Whether zod may accept a decoded value of this kind as an object: `z.object({ size: z.number() })` accepts a Map. */
export function isInstance(type: string): boolean {
  return ['date', 'map', 'set', 'file', 'custom', 'any', 'unknown'].includes(type)
}

function acceptsInstance(reader: Schema, type: string): boolean {
  const instances = [new Date(0), new Map(), new Set(), new URL('a:b'), new Uint8Array()]
  return (type === 'date' ? instances.slice(0, 1) : instances).some((instance) =>
    acceptsValue(reader, instance, 'memory'),
  )
}

function acceptsObject(read: zod.$ZodObjectDef, written: zod.$ZodObjectDef, side: Side): boolean {
  for (const [key, schema] of Object.entries(read.shape)) {
    const other = written.shape[key]
    const isNeeded = !mayBeMissing(schema, side)
    if (other === undefined) {
      if (isNeeded && !written.catchall) return false
    } else if (isNeeded || !mayBeMissing(other, side)) {
      if (!anyAccepts(membersOf(schema), membersOf(other), side)) return false
    }
  }
  if (read.catchall?._zod.def.type !== 'never') return true
  // A strict object refuses keys that it does not declare.
  return Object.entries(written.shape).every(
    ([key, schema]) => key in read.shape || mayBeMissing(schema, side),
  )
}

/** Whether an object accepts a value with the keys of both sides of an intersection. */
function acceptsMerged(reader: zod.$ZodObject, written: zod.$ZodIntersectionDef, side: Side): boolean {
  const { shape, catchall } = reader._zod.def
  const parts = partsOf(written)
  if (!parts.every((part) => anyAccepts([anyObject], membersOf(part), side))) return false
  for (const [key, schema] of Object.entries(shape)) {
    const declaring = parts.filter((part) => shapeOf(part)?.has(key) ?? true)
    if (declaring.length === 0 && !mayBeMissing(schema, side) && !parts.some(isOpen)) return false
    const ofKey = [onlyKey(reader, key, schema)]
    if (!declaring.every((part) => anyAccepts(ofKey, membersOf(part), side))) return false
  }
  if (catchall?._zod.def.type !== 'never') return true
  return parts.every((part) =>
    [...(shapeOf(part) ?? [])].every(([key, schema]) => key in shape || mayBeMissing(schema, side)),
  )
}

/** Lists the sides of an intersection, and of intersections inside it. */
function partsOf({ left, right }: zod.$ZodIntersectionDef): readonly Schema[] {
  return [left, right].flatMap((part) => {
    const { def } = (part as zod.$ZodTypes)._zod
    return def.type === 'intersection' ? partsOf(def) : [part]
  })
}

const anyObject = new zod.$ZodObject({ type: 'object', shape: {} }) as zod.$ZodTypes
const ofOneKey = new WeakMap<Schema, Map<string, zod.$ZodTypes>>()

/** Returns an object with one key of another: the same object each time, so that recursive schemas are compared once. */
function onlyKey(object: Schema, key: string, schema: Schema): zod.$ZodTypes {
  const known = ofOneKey.get(object) ?? new Map<string, zod.$ZodTypes>()
  ofOneKey.set(object, known)
  const single =
    known.get(key) ?? (new zod.$ZodObject({ type: 'object', shape: { [key]: schema } }) as zod.$ZodTypes)
  known.set(key, single)
  return single
}

function objectAcceptsRecord(read: zod.$ZodObjectDef, written: zod.$ZodRecordDef, side: Side): boolean {
  const values = membersOf(written.valueType)
  return Object.values(read.shape).every(
    (schema) => mayBeMissing(schema, side) || anyAccepts(membersOf(schema), values, side),
  )
}

function recordAcceptsObject(read: zod.$ZodRecordDef, written: zod.$ZodObjectDef, side: Side): boolean {
  const values = membersOf(read.valueType)
  return Object.values(written.shape).every(
    (schema) => mayBeMissing(schema, side) || anyAccepts(values, membersOf(schema), side),
  )
}

function mayBeMissing(schema: Schema, side: Side): boolean {
  return schema._zod.optin !== undefined && (side === 'wire' || acceptsValue(schema, undefined, side))
}

function acceptsTuple(read: zod.$ZodTupleDef, written: zod.$ZodTupleDef, side: Side): boolean {
  const least = ({ items }: zod.$ZodTupleDef) => items.filter((item) => item._zod.optin === undefined).length
  if (!read.rest && least(written) > read.items.length) return false
  if (!written.rest && least(read) > written.items.length) return false
  return read.items.every((item, index) => {
    const other = written.items[index]
    return other === undefined || anyAccepts(membersOf(item), membersOf(other), side)
  })
}
