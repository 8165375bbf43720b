import type { TidingsRequest, TidingsResponse } from '../http/adapter.js'
import type { Stats } from '../types/stats.js'
import type { Busiest } from './busiest.js'

/** The server that an inspector shows. It is the same object in every request. */
export interface InspectedServer<Context = unknown> {
  /** Returns the contract as a document, in JSON. */
  describe(): Promise<string>
  /** Returns the server's current state and totals. */
  stats(): Stats
  /** Returns up to `count` topics with the most subscribers, and as many connections with the most subscriptions. */
  busiest(count: number): Busiest
  /** Fires when the server begins to close, so that the inspector ends its own streams. */
  readonly closing: AbortSignal
  /**
   * Returns the context of a request, as every other endpoint does.
   *
   * @throws TidingsError `unauthorized` if its credentials have expired, and what the option `context` throws
   */
  authenticate(request: TidingsRequest): Promise<Context>
}

/** Serves a page about a server. Made by `inspector` of `@tidings/inspector`. */
export interface Inspector<in Context = unknown> {
  /**
   * Handles `GET` and `HEAD` at `$inspect` and below it.
   *
   * @param path what follows `$inspect/`; empty for the page itself
   * @returns undefined to answer as for a path that does not exist
   */
  handle(
    server: InspectedServer<Context>,
    path: string,
    request: TidingsRequest,
  ): Promise<TidingsResponse | undefined>
}

/**
 * The inspectors that a server with this context accepts: any, if the context is undefined or unknown.
 * TypeScript first checks with the default of `Context`, before it has read the option `context`.
 */
export type InspectorFor<Context> = [Context] extends [undefined]
  ? Inspector<never>
  : unknown extends Context
    ? Inspector<never>
    : Inspector<NoInfer<Context>>
