import { isTidingsError, TidingsError } from '@tidings/core'

/** Returns an error as the client's own class. Another one is a failure of the page. */
export function asTidingsError(error: unknown): TidingsError {
  if (isTidingsError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new TidingsError({ code: 'internal', message: `The page failed: ${message}`, cause: error })
}
