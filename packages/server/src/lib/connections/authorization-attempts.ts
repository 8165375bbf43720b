import { TidingsError } from '@tidings/core'

/** The number of times one request is authorised while its access is revoked again and again. */
export const maxAuthorizations = 3

/** Returns the error for a request that was revoked after each of the {@link maxAuthorizations}. */
export function revokedTooOften(): TidingsError {
  const message = 'Access was revoked repeatedly while this request was being authorised. Try again'
  return new TidingsError({ code: 'unavailable', message, retryAfterMs: 1_000 })
}
