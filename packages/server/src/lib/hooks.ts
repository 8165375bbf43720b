import type { ServerGapReason } from '@tidings/core/wire'

/** A connection, as hooks are told of it. */
export interface ConnectionInfo {
  /** The key of the one topic it is for: `room?roomId=lobby`. Absent where it is shared by many. */
  readonly topic: string | undefined
  /** The address it came from; absent where the adapter does not know it. */
  readonly address: string | undefined
  /** Whose it is, as the option `principal` says. */
  readonly principal: string | undefined
}

/**
 * Why a connection ended: the client `left`; it did not read for `stallMs` (`stalled`); it had been open for
 * `maxConnectionMs` (`expired`); the server was `closed`; its subscription `failed`; what its `context` said expired, or it
 * was to be `reauthorize`d, and its client did not prove itself anew (`unauthorized`); `disconnect` was asked for (`disconnected`).
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
 * What a server tells a logger. Each is called at once, often, and in the middle of the work: take note and return. What
 * they throw is for `onError`.
 */
export interface Hooks {
  connected?(connection: ConnectionInfo): void
  disconnected?(connection: ConnectionInfo & { reason: DisconnectReason; durationMs: number }): void
  /** A subscriber has missed events, and is told so. */
  gap?(connection: ConnectionInfo & { topic: string; reason: ServerGapReason }): void
  /** A connection was refused because there are too many. */
  refused?(connection: ConnectionInfo & { limit: ConnectionLimit }): void
}

/** Which limit refused a connection. */
export type ConnectionLimit = 'connections' | 'connectionsPerAddress' | 'connectionsPerPrincipal'

export const hookNames = [
  'connected',
  'disconnected',
  'gap',
  'refused',
] as const satisfies readonly (keyof Hooks)[]

/** Hooks that cannot break what calls them. */
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
