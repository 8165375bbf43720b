import { TidingsError } from '@tidings/core'

/** Returns the error for an invalid option or handler. */
export function invalidOptions(message: string, maker = 'createServer'): TidingsError {
  return new TidingsError({ code: 'invalid_options', message: `${maker}: ${message}` })
}

/** @throws TidingsError `invalid_options` for a value that is not an object, or has an unknown key */
export function requireKnownKeys(
  place: string,
  given: unknown,
  names: readonly string[],
  maker?: string,
): void {
  if (typeof given !== 'object' || given === null) {
    throw invalidOptions(
      `${place} is ${kindOf(given)}. Give an object with any of ${names.join(', ')}`,
      maker,
    )
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw invalidOptions(`${place} has unknown key "${unknown}". Expected one of ${names.join(', ')}`, maker)
}

/** @throws TidingsError `invalid_options` for a given value that is not a function */
export function requireFunction(place: string, given: unknown, maker?: string): void {
  if (given === undefined || typeof given === 'function') return
  throw invalidOptions(`${place} is ${kindOf(given)}. Give a function`, maker)
}

export function kindOf(value: unknown): string {
  return value === undefined ? 'missing' : value === null ? 'null' : `a value of type ${typeof value}`
}

/** Returns a number or its default. @throws TidingsError `invalid_options` for a number below the minimum */
export function atLeast(
  name: string,
  given: number | undefined,
  byDefault: number,
  minimum: number,
  maker?: string,
): number {
  const value = given ?? byDefault
  if (typeof value === 'number' && value >= minimum) return value
  throw invalidOptions(`${name} is ${String(value)}. Give a number of ${minimum} or more`, maker)
}
