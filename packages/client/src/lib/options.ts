import { TidingsError } from '@tidings/core'
import { type BackoffBounds, maxTimerMs } from '@tidings/core/wire'
import type { OpenEventStream } from './connection/event-stream.js'
import { messageOf } from './connection/failures.js'

/**
 * The part of an EventSource that the client uses. The browser's and the `eventsource` package's both have
 * it.
 */
export interface EventSourceLike {
  readonly readyState: number
  addEventListener(type: string, listener: (event: MessageEvent) => void): void
  close(): void
}

/** A constructor of EventSources. */
export type EventSourceConstructor = new (
  url: string,
  init?: { withCredentials?: boolean },
) => EventSourceLike

/** The origin of an error that concerns a channel. */
export interface ErrorContext {
  /** The procedure's path in the contract: `room`, `chat/room`. */
  readonly channel?: string
  /** The query string that names the topic: `roomId=lobby`. */
  readonly topic?: string
  /** The event's name. */
  readonly event?: string
  /** The received data, as text. */
  readonly data?: string
}

// Not `HeadersInit` and `RequestCredentials`: where there is no DOM, Node's types declare `RequestInit`
// alone.
type HeadersValue = NonNullable<RequestInit['headers']>
type Credentials = NonNullable<RequestInit['credentials']>
/** Headers as `fetch` takes them. Undefined values of a record are skipped. */
type GivenHeaders = HeadersValue | Readonly<Record<string, string | undefined>>
type HeadersSource = GivenHeaders | (() => GivenHeaders | Promise<GivenHeaders>)

/** The options of a client. */
export interface ClientOptions {
  /**
   * The URL where the server is mounted: `https://example.org/events`, or `/events` in a browser. A path may be given
   * while a server renders the page: without a page it fails at the first request, with `invalid_options`.
   */
  url: string | URL
  /**
   * Headers sent with every request. A function is called again for each request, and when the server says
   * that a token has expired, so that it can be renewed. If it throws, a command rejects with that error; a
   * connection calls `onError` and retries with backoff.
   *
   * Cannot be combined with a custom `EventSource`, which cannot send headers.
   */
  headers?: HeadersSource
  /** Whether cookies are sent, as for `fetch`. Defaults to `same-origin`. */
  credentials?: Credentials
  /** The function that makes requests. Defaults to the global `fetch`. */
  fetch?: typeof globalThis.fetch
  /**
   * The `EventSource` to subscribe with, such as the browser's own.
   *
   * Defaults to an implementation over `fetch`, which sends headers and sees why it was refused. The
   * browser's own can do neither: with it, a refused subscription is retried like a lost connection.
   */
  EventSource?: EventSourceConstructor
  /** Shortest and longest wait before reconnecting, in milliseconds. Defaults to 250 and 30,000. */
  reconnect?: Partial<BackoffBounds>
  /**
   * Milliseconds the server may take to answer: for a connection, and for a command or the start of a run with all
   * its attempts. A run has no time limit.
   *
   * Defaults to 20,000.
   */
  timeoutMs?: number
  /**
   * Milliseconds the connection stays open after the last subscription ends, in case another one starts.
   *
   * Defaults to 1,000.
   */
  lingerMs?: number
  /**
   * Whether the tabs of this origin share one connection. Browsers allow six HTTP/1.1 connections to a host
   * across all tabs, and a seventh tab with its own connection waits forever.
   *
   * One tab, the leader, has the connection. When that tab is closed, is frozen or does not respond for about
   * 8 seconds, another tab takes over and resumes every topic. Clients with the same `url`, and contracts
   * with the same channels, share. `connection.state` is the state of the shared connection.
   *
   * Every tab receives what the server allows the leader. If different users may sign in, in different tabs
   * or one after another, identify whose tabs share: `{ as: userId }`. This is required with `headers` and
   * with `credentials: 'include'`. Cookies of the page's own origin are sent without either, and a script
   * cannot see whether they identify a user: give `as` wherever users sign in. It is hashed before other
   * scripts of the origin can read it.
   *
   * Needs Web Locks and BroadcastChannel, which all browsers have on pages served over HTTPS or from
   * localhost. Elsewhere, each client has its own connection.
   *
   * Defaults to false.
   */
  share?: boolean | { readonly as: string }
  /**
   * Called with errors that no caller receives: a payload that does not fit its schema (the subscription
   * continues), a refused subscription without an `error` handler, and an error thrown by a handler.
   *
   * Without it, an error thrown by a handler is rethrown for the runtime to report, and other errors are
   * lost.
   */
  onError?(error: TidingsError, at: ErrorContext): void
}

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
 * Fills in the defaults.
 *
 * @param openStream opens the event streams of the client
 * @throws TidingsError `invalid_options` for invalid options
 */
export function resolveOptions(options: ClientOptions, openStream: OpenEventStream): ResolvedOptions {
  const { headers, credentials = 'same-origin', reconnect = {}, EventSource, share, onError } = options
  const { minMs = 250, maxMs = 30_000 } = reconnect
  if (!(minMs >= 0 && maxMs >= minMs)) {
    throw invalidOptions(
      `reconnect is from ${minMs} to ${maxMs} ms. Give a minMs of 0 or more and a maxMs of minMs or more`,
    )
  }
  if (headers && EventSource) {
    throw invalidOptions('a custom EventSource cannot send headers. Remove one of the two')
  }
  const as: unknown = typeof share === 'object' ? share?.as : ''
  const mustSayWhose = share === true && (headers || credentials === 'include')
  if (typeof as !== 'string' || (as === '' && (mustSayWhose || typeof share === 'object'))) {
    throw invalidOptions(
      `share.as is ${String(as) || 'empty'}. Tabs that share send one user's headers and cookies: identify the user with { as: userId }`,
    )
  }
  const given = String(options.url)
  if (/[?#]/.test(given)) throw invalidOptions(`url is ${given}. Give the mount without a query or fragment`)
  // A path is resolved at the first request: a server that renders the page may create the client, too.
  let url = given.startsWith('/') ? undefined : resolveUrl(given)
  return {
    get url() {
      url ??= resolveUrl(given)
      return url
    },
    credentials,
    reconnect: { minMs, maxMs },
    timeoutMs: timeOf('timeoutMs', options.timeoutMs, 20_000, 1),
    lingerMs: timeOf('lingerMs', options.lingerMs, 1_000, 0),
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

function timeOf(name: string, given: unknown, byDefault: number, least: number): number {
  const ms = given ?? byDefault
  if (typeof ms === 'number' && ms >= least && ms <= maxTimerMs) return ms
  throw invalidOptions(`${name} is ${String(given)}. Give a number from ${least} to ${maxTimerMs}`)
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

function invalidOptions(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_options', message: `createClient: ${message}` })
}
