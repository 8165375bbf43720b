import type * as zod from 'zod/v4/core'
import type { Schema } from '../types/schema.js'

const kinds: readonly string[] = ['string', 'number', 'boolean', 'null', 'array', 'record']

/** Whether a schema is `z.json()`: a union of all that JSON has, whose lists and objects contain the same. */
export function isAnyJson(schema: Schema): boolean {
  const { def } = (schema as zod.$ZodTypes)._zod
  if (def.type !== 'lazy') return false
  const inner = (schema as zod.$ZodLazy)._zod.innerType as zod.$ZodTypes
  const union = inner._zod.def
  if (union.type !== 'union' || union.options.length !== kinds.length) return false
  return union.options.every((option) => {
    const member = (option as zod.$ZodTypes)._zod.def
    if (!kinds.includes(member.type) || member.checks?.length) return false
    if (member.type === 'array') return member.element === schema
    if (member.type !== 'record') return true
    return member.valueType === schema && (member.keyType as zod.$ZodTypes)._zod.def.type === 'string'
  })
}
