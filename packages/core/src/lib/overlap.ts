import * as zod from 'zod/v4/core'
import { holds } from './schema-walk.js'
import { shapeOf } from './shared-keys.js'
import { isKnownText, textSamplesOf } from './text-samples.js'
import type { Schema } from './types/schema.js'

/**
 * Two members of a union that are taken for each other: what the second writes, the first reads as something else; or the
 * first takes a value of the second and drops keys of it.
 */
export interface Overlap {
  readonly first: string
  readonly second: string
  readonly how: 'read' | 'drop'
}

/** A schema that is not a union, or one of the two values that nullable and optional add to one. */
export type Member = zod.$ZodTypes | null | undefined

/**
 * Finds two members of a union that are taken for each other.
 *
 * A value is written by the first member that takes it, and read by the first member that takes what was written. Both are
 * the same one unless a member reads what a later one writes. Where none of the two changes a value on its way, it does
 * not matter which of them reads it.
 *
 * @param options the members of the union in the order in which they read: null and undefined are what `nullable`, `optional`
 * and `default` read before the schema inside
 * @param isExclusive whether exactly one member may read a value, as of `z.xor()`
 */
export function findOverlap(
  options: readonly (Schema | null | undefined)[],
  isExclusive = false,
): Overlap | undefined {
  const members = options.map((option) => (option ? membersOf(option) : [option]))
  for (const [index, ours] of members.entries()) {
    const later = members.slice(index + 1).flat()
    for (const first of ours) {
      for (const second of later) {
        // Where exactly one may take a value, both must not read what the other writes, and none drops anything.
        const how = isExclusive
          ? (misreads(first, second) ?? misreads(second, first))
          : conflict(first, second)
        if (how) return { first: nameOf(first), second: nameOf(second), how }
      }
    }
  }
  return undefined
}

function conflict(first: Member, second: Member): Overlap['how'] | undefined {
  return (
    misreads(first, second) ?? (takes(first, second, 'held') && drops(first, second) ? 'drop' : undefined)
  )
}

function misreads(reader: Member, writer: Member): 'read' | undefined {
  return !(isPlain(reader) && isPlain(writer)) && takes(reader, writer, 'wire') ? 'read' : undefined
}

const plain = new WeakMap<Schema, boolean>()

/** Whether a schema reads every value as what it is, or refuses it. */
function isPlain(member: Member): boolean {
  if (!member) return true
  const known = plain.get(member) ?? !holds(member, changes)
  plain.set(member, known)
  return known
}

function changes({ _zod: { def } }: zod.$ZodTypes): boolean {
  if (def.type === 'pipe') return def.reverseTransform !== undefined
  return ['default', 'prefault', 'catch'].includes(def.type) || isCoerced(def)
}

export function isCoerced(def: zod.$ZodTypes['_zod']['def']): boolean {
  return 'coerce' in def && def.coerce === true
}

/** What a schema is one of, in the order in which they read. */
export function membersOf(schema: Schema, seen: ReadonlySet<Schema> = new Set()): readonly Member[] {
  if (seen.has(schema)) return []
  const within = new Set(seen).add(schema)
  const current = schema as zod.$ZodTypes
  const { def } = current._zod
  switch (def.type) {
    case 'union':
      return def.options.flatMap((option) => membersOf(option, within))
    case 'nullable':
      return [null, ...membersOf(def.innerType, within)]
    case 'optional':
      return [undefined, ...membersOf(def.innerType, within)]
    case 'nonoptional':
    case 'readonly':
      return membersOf(def.innerType, within)
    case 'lazy':
      return membersOf((schema as zod.$ZodLazy)._zod.innerType, within)
    default:
      return [current]
  }
}

/** Where values are compared: as they are read from the wire, or as they are taken from a program. */
type Side = 'wire' | 'held'

/** Pairs of schemas that are being compared, for schemas that hold themselves. */
const underWay = new Map<Schema, Set<Schema>>()

function once(one: Schema, other: Schema, ifUnderWay: boolean, compare: () => boolean): boolean {
  const others = underWay.get(one) ?? new Set()
  if (others.has(other)) return ifUnderWay
  underWay.set(one, others.add(other))
  try {
    return compare()
  } finally {
    others.delete(other)
    if (others.size === 0) underWay.delete(one)
  }
}

/** Whether a schema may take what another one gives. Where it cannot be known, it may. */
function takes(taker: Member, giver: Member, side: Side): boolean {
  if (!taker || !giver) return takesNothing(taker, giver, side)
  return once(taker, giver, true, () => takesForm(taker, giver, side))
}

function takesForm(taker: zod.$ZodTypes, giver: zod.$ZodTypes, side: Side): boolean {
  const taken = taker._zod.def
  const given = giver._zod.def
  if (taken.type === 'never' || given.type === 'never') return false
  if (isCoerced(taken) || (taken.type === 'catch' && side === 'wire')) return true
  const values = valuesOf(given)
  if (values) return values.some((value) => mayTake(taker, value, side))
  const known = valuesOf(taken)
  if (known) return known.some((value) => mayTake(giver, value, side))
  const samples = side === 'wire' && isKnownText(taker) ? textSamplesOf(giver) : undefined
  if (samples) return samples.some((text) => mayTake(taker, text, side))
  const takerForms = formsOf(taker, side)
  const giverForms = formsOf(giver, side)
  if (takerForms || giverForms) return anyTakes(takerForms ?? [taker], giverForms ?? [giver], side)
  if (taken.type === 'intersection') {
    return [taken.left, taken.right].every((part) => anyTakes(membersOf(part).map(loosened), [giver], side))
  }
  if (given.type === 'intersection') {
    return [given.left, given.right].every((part) => anyTakes([taker], membersOf(part), side))
  }
  if (taken.type === 'object' && isInstance(given.type)) return takesInstance(taker, given.type)
  if (kindOf(taken.type) !== kindOf(given.type)) return false
  if (taken.type === 'object' && given.type === 'object') return takesObject(taken, given, side)
  if (taken.type === 'tuple' && given.type === 'tuple') return takesTuple(taken, given, side)
  if (taken.type === 'object' && given.type === 'record') return takesRecord(taken, given, side)
  if (taken.type === 'record' && given.type === 'object') return recordTakes(taken, given, side)
  return true
}

const withoutStrictness = new WeakMap<Schema, zod.$ZodTypes>()

/** A side of an intersection takes keys that the other side knows, also where it is strict. */
function loosened(member: Member): Member {
  if (member?._zod.def.type !== 'object' || !member._zod.def.catchall) return member
  const { shape } = member._zod.def
  const known =
    withoutStrictness.get(member) ?? (new zod.$ZodObject({ type: 'object', shape }) as zod.$ZodTypes)
  withoutStrictness.set(member, known)
  return known
}

/** As `takes`, where one of the two is null or undefined. */
function takesNothing(taker: Member, giver: Member, side: Side): boolean {
  if (!giver) {
    if (!taker) return taker === giver
    if (giver === undefined && side === 'wire') return taker._zod.optin !== undefined
    return mayTake(taker, giver, side)
  }
  return valuesOf(giver._zod.def)?.includes(taker) || anyTakes([taker], formsOf(giver, side) ?? [], side)
}

function anyTakes(takers: readonly Member[], givers: readonly Member[], side: Side): boolean {
  return takers.some((taker) => givers.some((giver) => takes(taker, giver, side)))
}

/** What a schema's values are on one side, where that is said by a schema inside of it. */
function formsOf({ _zod: { def } }: zod.$ZodTypes, side: Side): readonly Member[] | undefined {
  if (def.type === 'pipe') return membersOf(side === 'wire' ? def.in : def.out)
  if (def.type === 'default' || def.type === 'prefault' || def.type === 'catch')
    return membersOf(def.innerType)
  return undefined
}

function valuesOf(def: zod.$ZodTypes['_zod']['def']): readonly unknown[] | undefined {
  if (def.type === 'literal') return def.values
  if (def.type === 'enum') return Object.values(def.entries)
  if (def.type === 'null') return [null]
  if (def.type === 'boolean') return [true, false]
  return undefined
}

function mayTake(schema: Schema, value: unknown, side: Side): boolean {
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

/** What a codec may give a program that zod takes for an object: `z.object({ size: z.number() })` takes a Map. */
function isInstance(type: string): boolean {
  return ['date', 'map', 'set', 'file', 'custom', 'any', 'unknown'].includes(type)
}

function takesInstance(taker: Schema, type: string): boolean {
  const instances = [new Date(0), new Map(), new Set(), new URL('a:b'), new Uint8Array()]
  return (type === 'date' ? instances.slice(0, 1) : instances).some((instance) =>
    mayTake(taker, instance, 'held'),
  )
}

function takesObject(taken: zod.$ZodObjectDef, given: zod.$ZodObjectDef, side: Side): boolean {
  for (const [key, schema] of Object.entries(taken.shape)) {
    const other = given.shape[key]
    const isNeeded = !mayBeMissing(schema, side)
    if (other === undefined) {
      if (isNeeded && !given.catchall) return false
    } else if (isNeeded || !mayBeMissing(other, side)) {
      if (!anyTakes(membersOf(schema), membersOf(other), side)) return false
    }
  }
  if (taken.catchall?._zod.def.type !== 'never') return true
  // A strict object refuses keys that it does not know.
  return Object.entries(given.shape).every(
    ([key, schema]) => key in taken.shape || mayBeMissing(schema, side),
  )
}

function takesRecord(taken: zod.$ZodObjectDef, given: zod.$ZodRecordDef, side: Side): boolean {
  const values = membersOf(given.valueType)
  return Object.values(taken.shape).every(
    (schema) => mayBeMissing(schema, side) || anyTakes(membersOf(schema), values, side),
  )
}

function recordTakes(taken: zod.$ZodRecordDef, given: zod.$ZodObjectDef, side: Side): boolean {
  const values = membersOf(taken.valueType)
  return Object.values(given.shape).every(
    (schema) => mayBeMissing(schema, side) || anyTakes(values, membersOf(schema), side),
  )
}

function mayBeMissing(schema: Schema, side: Side): boolean {
  return schema._zod.optin !== undefined && (side === 'wire' || mayTake(schema, undefined, side))
}

function takesTuple(taken: zod.$ZodTupleDef, given: zod.$ZodTupleDef, side: Side): boolean {
  const least = ({ items }: zod.$ZodTupleDef) => items.filter((item) => item._zod.optin === undefined).length
  if (!taken.rest && least(given) > taken.items.length) return false
  if (!given.rest && least(taken) > given.items.length) return false
  return taken.items.every((item, index) => {
    const other = given.items[index]
    return other === undefined || anyTakes(membersOf(item), membersOf(other), side)
  })
}

/** Whether a schema, where it takes what a program holds of another, leaves out keys of that. */
function drops(taker: Member, giver: Member): boolean {
  if (!taker || !giver) return false
  const takerForms = formsOf(taker, 'held')
  const giverForms = formsOf(giver, 'held')
  if (takerForms || giverForms) return anyDrops(takerForms ?? [taker], giverForms ?? [giver])
  const taken = taker._zod.def
  const given = giver._zod.def
  if (isInstance(given.type)) return taken.type === 'object' || taken.type === 'intersection'
  if (taken.type === 'intersection' || given.type === 'intersection') {
    return dropsKeys(taker, giver)
  }
  if (taken.type === 'array' && given.type === 'array') return membersDrop(taken.element, given.element)
  if (taken.type === 'record' && given.type === 'record') return membersDrop(taken.valueType, given.valueType)
  if (taken.type === 'tuple' && given.type === 'tuple') {
    return taken.items.some((item, index) => membersDrop(item, given.items[index] ?? item))
  }
  if (taken.type !== 'object') return false
  if (given.type === 'record') return !taken.catchall
  if (given.type !== 'object') return false
  if (given.catchall && given.catchall._zod.def.type !== 'never' && !taken.catchall) return true
  return Object.entries(given.shape).some(([key, schema]) => {
    const other = taken.shape[key]
    return other === undefined ? !taken.catchall : membersDrop(other, schema)
  })
}

/** As `drops`, for intersections: between them, both sides keep the keys of each. */
function dropsKeys(taker: Schema, giver: Schema): boolean {
  if (isOpen(taker)) return false
  if (isOpen(giver)) return true
  const kept = shapeOf(taker)
  const given = shapeOf(giver)
  if (!kept || !given) return false
  return [...given.keys()].some((key) => !kept.has(key))
}

/** Whether an object may have keys that its schema does not name. */
function isOpen(schema: Schema): boolean {
  const { def } = (schema as zod.$ZodTypes)._zod
  if (def.type === 'intersection') return isOpen(def.left) || isOpen(def.right)
  if (def.type === 'object') return def.catchall !== undefined && def.catchall._zod.def.type !== 'never'
  return def.type === 'record'
}

function membersDrop(taker: Schema, giver: Schema): boolean {
  return once(taker, giver, false, () => anyDrops(membersOf(taker), membersOf(giver)))
}

function anyDrops(takers: readonly Member[], givers: readonly Member[]): boolean {
  return takers.some((taker) => givers.some((giver) => takes(taker, giver, 'held') && drops(taker, giver)))
}

/** How a member is called in a sentence. */
function nameOf(member: Member): string {
  if (!member) return String(member)
  const { def } = member._zod
  if (def.type === 'pipe') return 'a codec'
  if ('format' in def && typeof def.format === 'string') return `${def.format} text`
  return `z.${def.type}()`
}
