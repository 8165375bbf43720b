import { TidingsError } from '@tidings/core'
import type { BackoffBounds } from '@tidings/core/wire'
import { checkOptions } from '#check-options'
import {
  type ClientOptions,
  type Credentials,
  type ErrorContext,
  type HeadersSource,
  reconnectBounds,
} from './client-options.js'
import type { OpenEventStream } from './connection/event-stream.js'
import { messageOf } from './connection/failures.js'
import { invalidOptions } from './invalid-options.js'

/** The options with their defaults filled in. */
export interface ResolvedOptions {
  /** Has no slash at its end. Reading it throws `invalid_options` for a path where there is no page. */
  readonly url: string
  readonly credentials: Credentials
  readonly reconnect: BackoffBounds
  readonly timeoutMs: number
  readonly lingerMs: number
  readonly share: boolean
  /** Identifies the user whose tabs share. */
  readonly shareAs: string
  /** Whether reading the headers again may return other headers. */
  readonly canRenewHeaders: boolean
  readonly openStream: OpenEventStream
  readonly onError: ((error: TidingsError, at: ErrorContext) => void) | undefined
  /** Whether `fetch` is the user's. */
  readonly hasOwnFetch: boolean
  headers(): Promise<Headers>
  fetch(url: string, init: RequestInit): Promise<Response>
}

/**
 * Fills in the defaults. Checks the options first, except in a bundle for browsers that was not made for development.
 *
 * @param openStream opens the event streams of the client
 * @throws TidingsError `invalid_options` for invalid options
 */
export function resolveOptions(options: ClientOptions, openStream: OpenEventStream): ResolvedOptions {
  checkOptions(options)
  const { headers, credentials = 'same-origin', reconnect, share, onError } = options
  const { timeoutMs = 20_000, lingerMs = 1_000 } = options
  const as: unknown = typeof share === 'object' ? share?.as : ''
  const mustSayWhose = typeof share === 'object' || (share && (headers || credentials === 'include'))
  // Always checked, since the identity of a user is known at run time only.
  if (typeof as !== 'string' || (as === '' && mustSayWhose)) {
    throw invalidOptions(
      `share.as is ${String(as) || 'empty'}. Tabs that share send one user's headers and cookies: identify the user with { as: userId }`,
    )
  }
  const given = String(options.url)
  // A path is resolved at the first request: a server that renders the page may create the client, too.
  let url = given.startsWith('/') ? undefined : resolveUrl(given)
  return {
    get url() {
      url ??= resolveUrl(given)
      return url
    },
    credentials,
    reconnect: reconnectBounds(reconnect),
    timeoutMs,
    lingerMs,
    share: Boolean(share),
    shareAs: as,
    canRenewHeaders: typeof headers === 'function',
    openStream,
    onError: onError && ((error, at) => onError(error, at)),
    headers: () => readHeaders(headers),
    hasOwnFetch: options.fetch !== undefined,
    // Called unbound: a browser's fetch refuses to be a method of anything else.
    fetch: (url, init) => (options.fetch ?? globalThis.fetch)(url, init),
  }
}

/** @throws TidingsError `internal` if there are none to be had, with the reason as its cause */
async function readHeaders(source: HeadersSource | undefined): Promise<Headers> {
  try {
    const given: object = (await (typeof source === 'function' ? source() : source)) ?? {}
    if (typeof given !== 'object')
      throw new TypeError(`got ${JSON.stringify(given)}. Give an object or Headers`)
    const entries: [string, string][] =
      Symbol.iterator in given ? [...(given as Headers)] : Object.entries(given)
    return new Headers(entries.filter(([, value]) => value !== undefined && value !== null))
  } catch (cause) {
    const message = `The client's headers could not be read: ${messageOf(cause)}`
    throw new TidingsError({ code: 'internal', message, cause })
  }
}

function resolveUrl(text: string): string {
  const page = (globalThis as { location?: { href: string } }).location?.href
  try {
    // Not `URL.canParse`, which React Native does not have.
    return new URL(text, page).href.replace(/\/+$/, '')
  } catch {
    throw invalidOptions(
      `url is ${text || 'empty'}, which is not a valid URL here. Give an absolute one: http://localhost:3000/events`,
    )
  }
}
