import type { TidingsRequest, TidingsResponse } from './http/adapter.js'
import type { Revoker } from './revocations/revoker.js'
import type { AsyncDisposes } from './types/disposable.js'
import type { Emit } from './types/emit.js'
import type { Calls, Snapshots } from './types/local.js'
import type { Stats } from './types/stats.js'

/**
 * The server of a contract. Mount it with an adapter, such as `expressHandler` of `@tidings/server/express`.
 *
 * @typeParam Context what the option `context` returns, which `snapshot` and `call` take. A server without that option has none
 */
export interface Tidings<Contract, in Context = never> extends AsyncDisposes, Revoker {
  /** Emits events from anywhere in the program: `emit.room({ roomId }).message(…)`. */
  readonly emit: Emit<Contract>
  /**
   * Loads the state of a topic for a page that is rendered here: `await snapshot.room({ roomId }, { headers })`. The
   * page begins with it, and continues from its position.
   */
  readonly snapshot: Snapshots<Contract, Context>
  /**
   * Calls commands and streams in this program, without HTTP, as jobs, pages that are rendered here and tests do:
   * `await call.send(input, { context })`. Input and output are validated, and middleware runs.
   */
  readonly call: Calls<Contract, Context>
  /** Answers a request, for adapters. Never rejects. */
  handle(request: TidingsRequest): Promise<TidingsResponse>
  /** Whether the server is closing or closed. Adapters keep no connection alive from then on. */
  readonly isClosing: boolean
  /** Returns the server's current state and totals. Visits every subscription. */
  stats(): Stats
  /**
   * Shuts down gracefully: refuses new requests (503 `unavailable`), ends every connection, lets running
   * commands and streams finish for up to `drainMs`, then aborts their `signal`. Resolves when they are over
   * and their clients have read the end, for each of which it waits at most one more second.
   *
   * Each connection gets its own time to reconnect, after about `retryMs` and within `drainMs` of that, so
   * that clients do not all reconnect at once. Closing again has no further effect.
   *
   * The bus is closed too. The HTTP server stays open: close it yourself.
   *
   * @throws TidingsError `invalid_options` for a `drainMs` that is out of range
   */
  close(options?: CloseOptions): Promise<void>
}

/** The options of `close`. */
export interface CloseOptions {
  /**
   * Milliseconds over which connected clients reconnect, and for which running commands and streams may
   * continue.
   *
   * Defaults to 5,000. 0 ends everything immediately.
   */
  drainMs?: number
}
