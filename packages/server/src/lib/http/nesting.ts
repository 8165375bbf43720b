import { TidingsError } from '@tidings/core'

/** The deepest nesting of objects and lists that a client may send. */
const maxDepth = 200

/** A body may have one value for each so many bytes of its limit. */
const bytesPerValue = 20

/**
 * Refuses a value that is nested too deeply or contains too many values. Schemas and `JSON.stringify` recurse
 * and would overflow the stack; a schema spends about 10 µs on each invalid value.
 *
 * @param maxBytes the limit of the body's length, which the number of values is derived from
 * @throws TidingsError `bad_request`
 */
export function requireModest(value: unknown, what: string, maxBytes: number): void {
  walk(value, what, Math.max(1_000, Math.floor(maxBytes / bytesPerValue)))
}

/**
 * Refuses a value that is nested too deeply.
 *
 * @throws TidingsError `bad_request`
 */
export function requireShallow(value: unknown, what: string): void {
  walk(value, what, Number.POSITIVE_INFINITY)
}

/** Walks a value level by level, without recursion. */
function walk(value: unknown, what: string, maxValues: number): void {
  let level = objectsOf([value])
  let count = 0
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > maxDepth) {
      const message = `${what} is nested more than ${maxDepth} levels deep. Flatten it`
      throw new TidingsError({ code: 'bad_request', message })
    }
    const values = level.flatMap((each) => Object.values(each))
    count += values.length
    if (count > maxValues) {
      const message = `${what} has more than ${maxValues} values in it. Send fewer at a time, or raise limits.bodyBytes`
      throw new TidingsError({ code: 'bad_request', message })
    }
    level = objectsOf(values)
  }
}

function objectsOf(values: readonly unknown[]): object[] {
  return values.filter((value): value is object => typeof value === 'object' && value !== null)
}
