import { TidingsError } from '@tidings/core'

/** Returns the error for options that `createClient` cannot be called with. */
export function invalidOptions(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_options', message: `createClient: ${message}` })
}
