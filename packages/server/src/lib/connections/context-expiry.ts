import { TidingsError } from '@tidings/core'

/**
 * Returns when a context expires, in milliseconds since the epoch; Infinity if it has no `expiresAt`.
 *
 * @throws Error for an `expiresAt` that is not a time
 */
export function expiryOf(context: unknown): number {
  if (typeof context !== 'object' || context === null) return Number.POSITIVE_INFINITY
  const { expiresAt } = context as { expiresAt?: unknown }
  if (expiresAt === undefined || expiresAt === null) return Number.POSITIVE_INFINITY
  const ms = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt
  if (typeof ms === 'number' && !Number.isNaN(ms)) return ms
  throw new Error(
    `The context has an expiresAt that is not a time: ${String(expiresAt)}. Give a Date or milliseconds since the epoch`,
  )
}

/** @throws TidingsError `unauthorized` if the credentials of a context have expired */
export function requireUnexpired(context: unknown): void {
  if (expiryOf(context) > Date.now()) return
  throw new TidingsError({ code: 'unauthorized', message: 'Your credentials have expired. Send new ones' })
}
