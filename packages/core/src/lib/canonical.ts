import type * as zod from 'zod/v4/core'

/** JSON with the keys of objects in order, so that equal values are equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** What schemas are run with where a topic is named: `inOrder` looks for it. */
export const canonical = { isCanonical: true } as unknown as zod.ParseContext<zod.$ZodIssue>

/**
 * Has what a set or map is written as stand in one order where a topic is named, so that equal ones name one topic. Anywhere
 * else they arrive in the order in which they were filled.
 */
export function inOrder<List extends zod.$ZodType>(list: List): List {
  const { run } = list._zod
  list._zod.run = (payload, context) => {
    const result = run(payload, context)
    if (!('isCanonical' in context) || context.direction !== 'backward') return result
    // What does not fit is not read any further, and what is asynchronous is refused.
    if (!(result instanceof Promise) && Array.isArray(result.value)) result.value.sort(byJson)
    return result
  }
  return list
}

function byJson(one: unknown, other: unknown): number {
  return canonicalJson(one) < canonicalJson(other) ? -1 : 1
}
