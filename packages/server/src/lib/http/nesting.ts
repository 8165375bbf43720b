import { TidingsError } from '@tidings/core'

/** How many levels of objects and lists a value from a client may have. */
const mostLevels = 200

/** How many bytes of a body there have to be for each value in it. */
const bytesPerValue = 20

/**
 * Refuses a value that is nested too deeply or has too many values in it. Schemas and `JSON.stringify` recurse into each
 * level, and would run out of stack; a schema spends about 10 µs on each value that does not fit.
 *
 * @param maxBytes the length that a body may have, which decides how many values it may have
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

/** Looks at a value level by level, without recursion. */
function walk(value: unknown, what: string, maxValues: number): void {
  let level = inside([value])
  let count = 0
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > mostLevels) {
      const message = `${what} is nested more than ${mostLevels} levels deep. Flatten it`
      throw new TidingsError({ code: 'bad_request', message })
    }
    const values = level.flatMap((each) => Object.values(each))
    count += values.length
    if (count > maxValues) {
      const message = `${what} has more than ${maxValues} values in it. Send fewer at a time, or raise limits.bodyBytes`
      throw new TidingsError({ code: 'bad_request', message })
    }
    level = inside(values)
  }
}

/** Those that may have something in them. */
function inside(values: readonly unknown[]): object[] {
  return values.filter((value): value is object => typeof value === 'object' && value !== null)
}
