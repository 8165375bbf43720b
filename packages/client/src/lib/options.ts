import { TidingsError } from '@tidings/core'
import { type BackoffBounds, maxTimerMs } from '@tidings/core/wire'
import { messageOf } from './answer.js'

/** The part of an EventSource that the client uses: the browser's own and the `eventsource` package's both have it. */
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

/**
 * Opens an EventSource for a client. One that sees why it was refused, or why its connection was lost, tells before it
 * dispatches `error`.
 */
export type OpenEventSource = (
  options: ResolvedOptions,
  failed: (problem: TidingsError) => void,
) => EventSourceLike

/** Where an error came from, as far as it is about a channel. */
export interface ErrorPlace {
  /** The procedure's path in the contract: `room`, `chat/room`. */
  readonly channel?: string
  /** The query string that names the topic: `roomId=lobby`. */
  readonly topic?: string
  /** The event's name. */
  readonly event?: string
  /** What came over the wire, as text. */
  readonly data?: string
}

// Not `HeadersInit` and `RequestCredentials`: where there is no DOM, Node's types declare `RequestInit` alone.
type HeadersValue = NonNullable<RequestInit['headers']>
type Credentials = NonNullable<RequestInit['credentials']>
/** As `fetch` takes them; those of a record that are undefined are left out. */
type GivenHeaders = HeadersValue | Readonly<Record<string, string | undefined>>
type HeadersSource = GivenHeaders | (() => GivenHeaders | Promise<GivenHeaders>)

/** The options of a client. */
export interface ClientOptions {
  /** Where the server is mounted: `https://example.org/events`; in a browser also `/events`. */
  url: string | URL
  /**
   * Sent with every request. A function is asked again for each, so that a token can be renewed: also when the server says
   * that the old one has expired. If it throws, a command rejects with that; a connection tells `onError` and asks again,
   * with backoff.
   *
   * Not with an `EventSource` of your own, which has no way to send them.
   */
  headers?: HeadersSource
  /** Whether cookies go along, as for `fetch`. Defaults to `same-origin`. */
  credentials?: Credentials
  /** What to make requests with. Defaults to the global `fetch`. */
  fetch?: typeof globalThis.fetch
  /**
   * What to subscribe with: the browser's own `EventSource`, say.
   *
   * Defaults to one over `fetch`, which can send headers and sees why it was refused. The browser's own sees neither:
   * with it, a refused subscription is tried again like a lost one.
   */
  EventSource?: EventSourceConstructor
  /** How long to wait before connecting again, at least and at most, in milliseconds. Defaults to 250 and 30,000. */
  reconnect?: Partial<BackoffBounds>
  /**
   * How long the server may take to answer, in milliseconds: a connection, and a command with all its attempts. Streams may
   * take as long as they like.
   *
   * Defaults to 20,000.
   */
  timeoutMs?: number
  /**
   * For how many milliseconds the connection is kept when nobody subscribes any more, in case somebody does again.
   *
   * Defaults to 1,000.
   */
  lingerMs?: number
  /**
   * Whether the tabs of this origin share one connection. Browsers allow six HTTP/1.1 connections to a host over all tabs,
   * and a seventh tab with one of its own waits for good.
   *
   * One tab holds it for all; when it is closed, is frozen or does not answer for some 8 seconds, another goes on from where
   * each was. Clients share that have the same `url`, and contracts with the same channels. `connection.state` is that of the
   * one connection.
   *
   * What the server lets the holder have, all have. Where different users may be signed in in different tabs, or one after
   * another, say whose tabs share: `{ as: userId }`. That is required with `headers` and with `credentials: 'include'`.
   * Cookies of the page's own origin go along without either, and a script cannot see whether they name a user: give `as`
   * wherever users sign in. It is hashed before other scripts of the origin can read it.
   *
   * Needs Web Locks and BroadcastChannel, which all browsers have on pages that came over HTTPS or from localhost; elsewhere
   * a client has a connection of its own. Defaults to false.
   */
  share?: boolean | { readonly as: string }
  /**
   * Told what no caller is there to be told: a payload that does not fit its schema (the subscription goes on), a
   * subscription that was refused and has no `error` handler, a handler that threw.
   *
   * Without it, what a handler throws is thrown again where the runtime reports it, and the rest is lost.
   */
  onError?(error: TidingsError, at: ErrorPlace): void
}

/** The options with their defaults filled in. */
export interface ResolvedOptions {
  /** Without a slash at its end. */
  readonly url: string
  readonly credentials: Credentials
  readonly reconnect: BackoffBounds
  readonly timeoutMs: number
  readonly lingerMs: number
  readonly share: boolean
  /** Whose tabs share. */
  readonly shareAs: string
  /** Whether headers that were asked for again may be others. */
  readonly canRenewHeaders: boolean
  readonly openEventSource: OpenEventSource
  readonly onError: ((error: TidingsError, at: ErrorPlace) => void) | undefined
  headers(): Promise<Headers>
  fetch(url: string, init: RequestInit): Promise<Response>
}

/**
 * Fills in the defaults. Without an `EventSource` of the user's own, `openByDefault` is what subscribes.
 *
 * @throws TidingsError `invalid_options` for what cannot work
 */
export function resolveOptions(options: ClientOptions, openByDefault?: OpenEventSource): ResolvedOptions {
  const { headers, credentials = 'same-origin', reconnect = {}, EventSource, share, onError } = options
  const { minMs = 250, maxMs = 30_000 } = reconnect
  if (!(minMs >= 0 && maxMs >= minMs)) {
    throw mistake(
      `reconnect is from ${minMs} to ${maxMs} ms. Give a minMs of 0 or more and a maxMs no smaller`,
    )
  }
  if (headers && EventSource) {
    throw mistake('an EventSource of your own cannot send headers. Leave one of the two out')
  }
  const as: unknown = typeof share === 'object' ? share?.as : ''
  const mustSayWhose = share === true && (headers || credentials === 'include')
  if (typeof as !== 'string' || (as === '' && (mustSayWhose || typeof share === 'object'))) {
    throw mistake(
      `share.as is ${String(as) || 'empty'}. Tabs that share send the headers and cookies of one: say whose, with { as: userId }`,
    )
  }
  const openEventSource = EventSource ? opening(EventSource) : openByDefault
  if (!openEventSource) {
    throw mistake("there is no EventSource here. Give one, or take createClient from '@tidings/client'")
  }
  return {
    url: resolveUrl(options.url),
    credentials,
    reconnect: { minMs, maxMs },
    timeoutMs: timeOf('timeoutMs', options.timeoutMs, 20_000, 1),
    lingerMs: timeOf('lingerMs', options.lingerMs, 1_000, 0),
    share: Boolean(share),
    shareAs: as,
    canRenewHeaders: typeof headers === 'function',
    openEventSource,
    onError: onError && ((error, at) => onError(error, at)),
    headers: () => readHeaders(headers),
    // Called unbound: a browser's fetch refuses to be a method of anything else.
    fetch: (url, init) => (options.fetch ?? globalThis.fetch)(url, init),
  }
}

/** @throws TidingsError `internal` if there are none to be had, with the reason as its cause */
async function readHeaders(source: HeadersSource | undefined): Promise<Headers> {
  try {
    const given: object = (await (typeof source === 'function' ? source() : source)) ?? {}
    if (typeof given !== 'object') throw new TypeError(`they are ${JSON.stringify(given)}, not headers`)
    const entries: [string, string][] =
      Symbol.iterator in given ? [...(given as Headers)] : Object.entries(given)
    return new Headers(entries.filter(([, value]) => value !== undefined && value !== null))
  } catch (cause) {
    const message = `The client's headers cannot be had: ${messageOf(cause)}`
    throw new TidingsError({ code: 'internal', message, cause })
  }
}

function opening(EventSource: EventSourceConstructor): OpenEventSource {
  return ({ url, credentials }) => new EventSource(url, { withCredentials: credentials === 'include' })
}

function timeOf(name: string, given: unknown, byDefault: number, least: number): number {
  const ms = given ?? byDefault
  if (typeof ms === 'number' && ms >= least && ms <= maxTimerMs) return ms
  throw mistake(`${name} is ${String(given)}. Give a number from ${least} to ${maxTimerMs}`)
}

function resolveUrl(given: string | URL): string {
  const text = String(given)
  if (/[?#]/.test(text)) throw mistake(`url is ${text}. Give the mount alone, without a query or fragment`)
  const page = (globalThis as { location?: { href: string } }).location?.href
  if (!URL.canParse(text, page)) {
    throw mistake(
      `url is ${text || 'empty'}, which is no URL here. Give a whole one: http://localhost:3000/events`,
    )
  }
  return new URL(text, page).href.replace(/\/+$/, '')
}

function mistake(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_options', message: `createClient: ${message}` })
}
