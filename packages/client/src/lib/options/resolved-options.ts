import type { TidingsError } from '@tidings/core'
import type { OpenEventStream } from '../connection/event-stream.js'
import type { ClientOptions, ErrorContext } from './client-options.js'
import type { DriftWatcher } from './drift-watcher.js'
import { invalidOptions } from './invalid-options.js'
import { type RequestOptions, resolveRequestOptions } from './request-options.js'

/** The options of a client, with their defaults filled in. */
export interface ResolvedOptions extends RequestOptions {
  readonly lingerMs: number
  readonly share: boolean
  /** Identifies the user whose tabs share. */
  readonly shareAs: string
  /** Whether reading the headers again may return other headers. */
  readonly canRenewHeaders: boolean
  readonly openStream: OpenEventStream
  readonly drift: DriftWatcher | undefined
  readonly onError: ((error: TidingsError, at: ErrorContext) => void) | undefined
  /** Whether `fetch` is the user's. */
  readonly hasOwnFetch: boolean
}

/**
 * Fills in the defaults, and checks the options.
 *
 * @param openStream opens the event streams of the client
 * @throws TidingsError `invalid_options` for invalid options
 */
export function resolveOptions(options: ClientOptions, openStream: OpenEventStream): ResolvedOptions {
  const { headers, credentials, lingerMs = 1_000, share, drift, onError } = options
  const as: unknown = typeof share === 'object' ? share?.as : ''
  const mustSayWhose = typeof share === 'object' || (share && (headers || credentials === 'include'))
  // Always checked, since the identity of a user is known at run time only.
  if (typeof as !== 'string' || (as === '' && mustSayWhose)) {
    throw invalidOptions(
      `share.as is ${String(as) || 'empty'}. Identify the user whose headers and cookies the tabs send: { as: userId }`,
    )
  }
  // Into the same object, whose url is read when it is used.
  return Object.assign(resolveRequestOptions(options), {
    lingerMs,
    share: Boolean(share),
    shareAs: as,
    canRenewHeaders: typeof headers === 'function',
    openStream,
    drift,
    onError,
    hasOwnFetch: options.fetch !== undefined,
  })
}
