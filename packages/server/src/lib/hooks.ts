import type { ServerGapReason } from '@tidings/core/wire'

/** A connection, as hooks receive it. */
export interface ConnectionInfo {
  /**
   * The key of the topic of a single-topic connection: `room?roomId=lobby`. `undefined` for a shared
   * connection.
   */
  readonly topic: string | undefined
  /** The client's address; `undefined` if the adapter does not know it. */
  readonly address: string | undefined
  /** The owner of the connection, as the option `principal` returned it. */
  readonly principal: string | undefined
}

/**
 * The reason a connection ended.
 *
 * - `left`: the client left.
 * - `stalled`: the client did not read for `stallMs`.
 * - `expired`: the connection had been open for `maxConnectionMs`.
 * - `closed`: the server was closed.
 * - `failed`: its subscription failed.
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
  | 'unauthorized'
  | 'disconnected'

/**
 * Functions that a server calls for a log. Each is called synchronously and often, in the middle of the
 * server's work, so it must return quickly. `onError` receives the errors that hooks throw.
 */
export interface Hooks {
  connected?(connection: ConnectionInfo): void
  disconnected?(connection: ConnectionInfo & { reason: DisconnectReason; durationMs: number }): void
  /** A subscriber missed events and receives a gap. */
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
  const safe: Record<string, (told: never) => void> = {}
  for (const name of hookNames) {
    if (!hooks[name]) continue
    safe[name] = (told) => {
      // Thrown at once or rejected later, it is the same.
      ;(async () => hooks[name]?.(told))().catch((error) => failed(error, name))
    }
  }
  return safe
}
