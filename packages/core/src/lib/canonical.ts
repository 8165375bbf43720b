import type * as zod from 'zod/v4/core'

/** Writes JSON with sorted keys, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** The context in which the params of a topic are encoded. {@link inOrder} checks for it. */
export const canonical = { isCanonical: true } as unknown as zod.ParseContext<zod.$ZodIssue>

/**
 * Makes the list that encodes a set or map sort its items within the params of a topic, so that equal params name one
 * topic. Elsewhere items keep the order of insertion.
 */
export function inOrder<List extends zod.$ZodType>(list: List): List {
  const { run } = list._zod
  list._zod.run = (payload, context) => {
    const result = run(payload, context)
    if (!('isCanonical' in context) || context.direction !== 'backward') return result
    // An invalid value is not a list, and an asynchronous schema is refused elsewhere.
    if (!(result instanceof Promise) && Array.isArray(result.value)) result.value.sort(byJson)
    return result
  }
  return list
}

function byJson(one: unknown, other: unknown): number {
  return canonicalJson(one) < canonicalJson(other) ? -1 : 1
}
