import { TidingsError } from '@tidings/core'
import type { BackoffBounds } from '@tidings/core/wire'
import { checkOptions } from '#check-options'
import { messageOf } from '../connection/failures.js'
import {
  type ClientOptions,
  type Credentials,
  type HeadersSource,
  reconnectBounds,
} from './client-options.js'
import { invalidOptions } from './invalid-options.js'

/** The options of requests, with their defaults filled in. */
export interface RequestOptions {
  /** Has no slash at its end. Reading it throws `invalid_options` for a path where there is no page. */
  readonly url: string
  readonly credentials: Credentials
  /** The bounds of the wait before a request is sent again. */
  readonly reconnect: BackoffBounds
  readonly timeoutMs: number
  headers(): Promise<Headers>
  fetch(url: string, init: RequestInit): Promise<Response>
}

/**
 * Fills in the defaults. Checks the options first, except in a bundle for browsers that was not made for development.
 *
 * @throws TidingsError `invalid_options` for invalid options
 */
export function resolveRequestOptions(options: ClientOptions): RequestOptions {
  checkOptions(options)
  const { headers, credentials = 'same-origin', reconnect, timeoutMs = 20_000 } = options
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
    headers: () => readHeaders(headers),
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
