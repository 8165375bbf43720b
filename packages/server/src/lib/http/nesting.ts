import { TidingsError } from '@tidings/core'

/** How many levels of objects and lists a value from a client may have. */
const mostLevels = 200

/**
 * Refuses a value that is nested too deeply: what handles it afterwards, such as schemas and `JSON.stringify`, calls itself
 * for each level, and would run out of stack.
 *
 * @throws TidingsError `bad_request`
 */
export function requireShallow(value: unknown, what: string): void {
  let level = inside([value])
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > mostLevels) {
      const message = `${what} is nested more than ${mostLevels} levels deep. Flatten it`
      throw new TidingsError({ code: 'bad_request', message })
    }
    level = inside(level.flatMap((each) => Object.values(each)))
  }
}

/** Those that may have something in them. */
function inside(values: readonly unknown[]): object[] {
  return values.filter((value): value is object => typeof value === 'object' && value !== null)
}
