import { TidingsError } from '@tidings/core'
import { expiryOf } from '../connections/credential-expiry.js'
import type { TidingsRequest } from '../http/adapter.js'
import type { ServerContext } from './server-context.js'

/** How many times a request is asked for its context and whether it may, while that is revoked again and again. */
export const maxAuthorizations = 3

/** Asks who sends a request. @throws TidingsError `unauthorized` if its credentials have expired, and what `context` throws */
export async function contextOf({ options }: ServerContext, request: TidingsRequest): Promise<unknown> {
  const context = await options.context(request)
  requireUnexpired(context)
  return context
}

/** @throws TidingsError `unauthorized` if the credentials of a context have expired */
export function requireUnexpired(context: unknown): void {
  if (expiryOf(context) > Date.now()) return
  throw new TidingsError({ code: 'unauthorized', message: 'Your credentials have expired. Send new ones' })
}

/** The error for a request that was revoked each of the {@link maxAuthorizations} times that it was authorised. */
export function revokedTooOften(): TidingsError {
  const message = 'Access was revoked repeatedly while this request was being authorised. Try again'
  return new TidingsError({ code: 'unavailable', message, retryAfterMs: 1_000 })
}
