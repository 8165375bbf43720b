import type { TidingsError } from '@tidings/core'
import type { BackoffBounds } from '@tidings/core/wire'
import type { DriftWatcher } from './drift-watcher.js'

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
export type Credentials = NonNullable<RequestInit['credentials']>
/** Headers as `fetch` takes them. Undefined values of a record are skipped. */
type GivenHeaders = HeadersValue | Readonly<Record<string, string | undefined>>
export type HeadersSource = GivenHeaders | (() => GivenHeaders | Promise<GivenHeaders>)

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
   * its attempts. A run has no time limit, but its reader fails once the server has refused it for that long.
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
   * Watches for a server whose contract is another version than that of this client: `watchDrift` of
   * `@tidings/client/drift` makes it.
   */
  drift?: DriftWatcher
  /**
   * Called with errors that no caller receives: a payload that does not fit its schema (the subscription
   * continues), a refused subscription without an `error` handler, and an error thrown by a handler.
   *
   * Without it, an error thrown by a handler is rethrown for the runtime to report, and other errors are
   * lost.
   */
  onError?(error: TidingsError, at: ErrorContext): void
}

/** Fills in the defaults of `reconnect`. */
export function reconnectBounds({ minMs = 250, maxMs = 30_000 }: Partial<BackoffBounds> = {}): BackoffBounds {
  return { minMs, maxMs }
}
