import type { ServerGapReason } from '@tidings/core/wire'

/** A connection, as hooks and predicates receive it. */
export interface ConnectionInfo {
  /**
   * - `shared`: a connection of Tidings' own client, which carries any number of topics.
   * - `topic`: a single-topic connection.
   * - `call`: a command or stream whose body is still arriving. Only predicates receive it.
   */
  readonly kind: 'shared' | 'topic' | 'call'
  /** The owner of the connection, as the option `principal` returned it. */
  readonly principal: string | undefined
  /** The client's address; `undefined` if the adapter does not know it. */
  readonly address: string | undefined
  /**
   * The keys of the topics the connection carries or was asked to carry: `room?roomId=lobby`. Looked up when
   * they are read; after the connection has ended, the topics it carried then.
   */
  readonly topics: readonly string[]
}

/**
 * The reason a connection ended.
 *
 * - `left`: the client left.
 * - `stalled`: the client did not read for `stallMs`.
 * - `expired`: the connection had been open for `maxConnectionMs`.
 * - `closed`: the server was closed.
 * - `failed`: its subscription failed.
 * - `completed`: the run that it carried has ended.
 * - `unauthorized`: its `context` expired or `reauthorize` was called, and the client did not authenticate
 *   again.
 * - `disconnected`: `disconnect` was called.
 */
export type DisconnectReason =
  | 'left'
  | 'stalled'
  | 'expired'
  | 'closed'
  | 'failed'
  | 'completed'
  | 'unauthorized'
  | 'disconnected'

/**
 * Functions that a server calls for a log. Each is called synchronously and often, in the middle of the
 * server's work, so it must return quickly. `onError` receives the errors that hooks throw.
 */
export interface Hooks {
  connected?(connection: ConnectionInfo): void
  disconnected?(connection: ConnectionInfo & { reason: DisconnectReason; durationMs: number }): void
  /** A subscriber of `topic` missed events and receives a gap. */
  gap?(connection: ConnectionInfo & { topic: string; reason: ServerGapReason }): void
  /** A connection was refused because of a limit. */
  refused?(connection: ConnectionInfo & { limit: ConnectionLimit }): void
}

/** The limit that refused a connection. */
export type ConnectionLimit = 'connections' | 'connectionsPerAddress' | 'connectionsPerPrincipal'

export type ConnectionLimits = Readonly<Record<ConnectionLimit, number>>

export const hookNames = [
  'connected',
  'disconnected',
  'gap',
  'refused',
] as const satisfies readonly (keyof Hooks)[]

/** Wraps hooks so that their errors reach `failed` and never the caller. */
export function guarded(hooks: Hooks, failed: (error: unknown, hook: string) => void): Hooks {
  const safe: Record<string, (event: never) => void> = {}
  for (const name of hookNames) {
    if (!hooks[name]) continue
    safe[name] = (event) => {
      // In an async function, because a hook may also be one and reject.
      ;(async () => hooks[name]?.(event))().catch((error) => failed(error, name))
    }
  }
  return safe
}
