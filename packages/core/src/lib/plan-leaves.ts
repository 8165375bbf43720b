import type * as zod from 'zod/v4/core'
import { type Plan, refused } from './plan.js'

/** Kinds whose values contain no others, and which are not rewritten. */
export const leafKinds: ReadonlySet<string> = new Set([
  'string',
  'number',
  'boolean',
  'bigint',
  'date',
  'null',
  'literal',
  'enum',
  'custom',
])

/** Makes the plan of a leaf, or returns `undefined` for another kind of schema. */
export function leafPlan(schema: zod.$ZodTypes): Plan | undefined {
  const { def, values } = schema._zod
  switch (def.type) {
    case 'string':
      return leaf((value) => typeof value === 'string')
    case 'number':
      return leaf(Number.isFinite)
    case 'boolean':
      return leaf((value) => typeof value === 'boolean')
    case 'bigint':
      return leaf((value) => typeof value === 'bigint')
    case 'date':
      return leaf((value) => value instanceof Date && !Number.isNaN(value.getTime()))
    case 'null':
      return leaf((value) => value === null)
    case 'literal':
    case 'enum':
      return values && leaf((value) => (values as ReadonlySet<unknown>).has(value))
    case 'custom':
      return (value) => value
    default:
      return undefined
  }
}

function leaf(fits: (value: unknown) => boolean): Plan {
  return (value) => (fits(value) ? value : refused)
}
