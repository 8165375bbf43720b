import { TidingsError } from '../error.js'
import type { JsonSchema } from './document.js'

/** Returns the error for a document that does not describe a contract. `path` is the place in the document. */
export function documentFault(path: string, problem: string): TidingsError {
  const message = `The document does not describe a contract: ${path} ${problem}`
  return new TidingsError({ code: 'invalid_contract', message })
}

/** Returns a value as an object. @throws TidingsError `invalid_contract` for any other value */
export function objectAt(value: unknown, path: string): JsonSchema {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonSchema
  throw documentFault(path, `is ${brief(value)}. Expected an object`)
}

/** Returns a value as a list; undefined for none. @throws TidingsError `invalid_contract` for any other value */
export function listAt(value: unknown, path: string): readonly unknown[] | undefined {
  if (value === undefined || Array.isArray(value)) return value
  throw documentFault(path, `is ${brief(value)}. Expected a list`)
}

/** Returns a value as a number; undefined for none. @throws TidingsError `invalid_contract` for any other value */
export function numberAt(value: unknown, path: string): number | undefined {
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value
  throw documentFault(path, `is ${brief(value)}. Expected a number`)
}

/** Returns a value as a length; undefined for none. @throws TidingsError `invalid_contract` for any other value */
export function lengthAt(value: unknown, path: string): number | undefined {
  if (value === undefined || (typeof value === 'number' && value >= 0 && Number.isInteger(value)))
    return value
  throw documentFault(path, `is ${brief(value)}. Expected a whole number of 0 or more`)
}

/** Returns a value as a text; undefined for none. @throws TidingsError `invalid_contract` for any other value */
export function textAt(value: unknown, path: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw documentFault(path, `is ${brief(value)}. Expected a text`)
}

/** Returns the place of a member: `wire.properties.text`, `procedures["chat/send"]`. */
export function within(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  return /^[$\w-]{1,128}$/.test(key) ? `${path}.${key}` : `${path}[${brief(key)}]`
}

/** Shows a value in a message. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`
}
