import { pause } from '../../pause.js'

/** A connection to Redis: one server, Sentinels or a cluster. */
export interface RedisLink {
  /** Sends a command to the server that has the key. */
  command(key: string, args: string[]): Promise<unknown>
  /** Loads a library of functions on every master. */
  load(source: string): Promise<void>
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  unsubscribe(channel: string, listener: (message: string) => void): Promise<void>
  close(): Promise<void>
}

export interface RedisLinkCallbacks {
  /** Called when a connection fails. It reconnects by itself. */
  onFailed(error: unknown): void
  /** Called when a connection with subscriptions was lost and is restored. */
  onRestored(): void
}

/** How long to wait before reconnecting, in milliseconds. */
export const reconnectStrategy = (attempt: number) =>
  Math.random() * Math.min(50 * 2 ** Math.min(attempt, 6), 2_000)

/** Destroys a client, and again if it still completes a connection that was under way. */
export function destroy(client: {
  on(event: 'connect', listener: () => void): unknown
  destroy(): void
}): void {
  client.on('connect', () => client.destroy())
  client.destroy()
}

/** Retries the first connection, which the clients for Sentinels and clusters do not. */
export function keepConnecting(connect: () => Promise<unknown>, { onFailed }: RedisLinkCallbacks) {
  const stopping = new AbortController()
  const { signal } = stopping
  const attempt = async (count: number): Promise<void> => {
    try {
      await connect()
    } catch (error) {
      if (signal.aborted) throw error
      onFailed(error)
      await pause(reconnectStrategy(count), signal)
      signal.throwIfAborted()
      await attempt(count + 1)
    }
  }
  const done = attempt(0)
  // Reported above.
  done.catch(() => {})
  return { done, stop: () => stopping.abort(new Error('The bus was closed')) }
}
