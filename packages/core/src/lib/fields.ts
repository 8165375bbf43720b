import { TidingsError } from './error.js'
import { parseJson } from './parse-json.js'

type Check = (value: unknown) => boolean

/** The checks of an object's fields. Fields that a receiver does not rely on need none. */
export type FieldChecks<Fields> = { readonly [Field in keyof Fields]?: Check }

/**
 * Parses a JSON object and checks its fields. Unknown fields are kept.
 *
 * @throws TidingsError `invalid_response` that names the malformed field
 */
export function parseFields<Fields>(text: string, what: string, checks: FieldChecks<Fields>): Fields {
  const value = parseJson(text, what)
  if (typeof value !== 'object' || value === null)
    throw invalidResponse(`${what} is ${brief(value)}, not an object`)
  for (const [field, check] of Object.entries<Check>(checks as Record<string, Check>)) {
    const own = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined
    if (!check(own)) throw invalidResponse(`${what} has a malformed "${field}": ${brief(own)}`)
  }
  return value as Fields
}

export const isText: Check = (value) => typeof value === 'string'

export const isNumber: Check = (value) => typeof value === 'number'

export function optional(check: Check): Check {
  return (value) => value === undefined || check(value)
}

export function invalidResponse(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_response', message })
}

function brief(value: unknown): string {
  return `${JSON.stringify(value)}`.slice(0, 100)
}
