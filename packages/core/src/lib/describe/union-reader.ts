import * as z from 'zod/mini'
import type * as zod from 'zod/v4/core'
import type { Schema } from '../types/schema.js'
import { documentFault } from './document-fault.js'

/** Reads a union, whose members are told apart by a key where they can be. */
export function readUnion(members: readonly Schema[], keyword: 'anyOf' | 'oneOf', path: string): Schema {
  const [only] = members
  if (!only) throw documentFault(path, 'is empty. Expected one schema or more')
  if (members.length === 1) return only
  if (keyword === 'anyOf') return z.union(members)
  const key = discriminatorOf(members)
  if (key !== undefined) return z.discriminatedUnion(key, members as never)
  // Not exclusive: a member may take more than that of the described contract, and so what another one takes as well.
  return z.union(members)
}

/** Returns the key of objects under which each has values of its own. */
function discriminatorOf(members: readonly Schema[]): string | undefined {
  const shapes = members.map((member) => {
    const { def } = (member as zod.$ZodTypes)._zod
    return def.type === 'object' ? def.shape : undefined
  })
  if (!shapes.every((shape) => shape !== undefined)) return undefined
  return Object.keys(shapes[0] ?? {}).find((key) => {
    const seen = new Set<unknown>()
    // Ends with the first member that does not tell: a document of a stranger has as many members as keys.
    return shapes.every((shape) => {
      const values = literalsOf(Object.hasOwn(shape, key) ? shape[key] : undefined)
      return values.length > 0 && values.every((value) => seen.size < seen.add(value).size)
    })
  })
}

function literalsOf(schema: Schema | undefined): readonly unknown[] {
  const def = schema && (schema as zod.$ZodTypes)._zod.def
  return def?.type === 'literal' ? def.values : []
}
