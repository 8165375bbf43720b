import type * as zod from 'zod/v4/core'
import type { Schema } from './types/schema.js'

/** A schema that is not a union, or the null or undefined that `nullable` and `optional` add to one. */
export type Member = zod.$ZodTypes | null | undefined

/** Lists the members of a schema, with those of unions inside, in the order in which they read. */
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

/** Where values are compared: encoded, on the wire, or decoded, in memory. */
export type Side = 'wire' | 'memory'

/** Lists the members that describe a schema's values on one side, where schemas inside it do. */
export function formsOf({ _zod: { def } }: zod.$ZodTypes, side: Side): readonly Member[] | undefined {
  if (def.type === 'pipe') return membersOf(side === 'wire' ? def.in : def.out)
  if (def.type === 'default' || def.type === 'prefault' || def.type === 'catch')
    return membersOf(def.innerType)
  return undefined
}

export function isCoerced(def: zod.$ZodTypes['_zod']['def']): boolean {
  return 'coerce' in def && def.coerce === true
}
