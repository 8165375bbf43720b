import { pause } from '../../pause.js'

/** What a bus needs of a client for Redis, whichever it is. */
export interface RedisLink {
  /** Sends a command to the server that has a key. */
  command(key: string, args: string[]): Promise<unknown>
  /** Loads a library of functions on every server that is written to. */
  load(source: string): Promise<void>
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  unsubscribe(channel: string, listener: (message: string) => void): Promise<void>
  close(): Promise<void>
}

export interface RedisLinkCallbacks {
  /** A connection failed; it is made again. */
  onFailed(error: unknown): void
  /** The connection that news comes on was lost and is there again, with its subscriptions. */
  onRestored(): void
}

/** How long to wait before a lost connection is made again, in milliseconds. */
export const reconnectStrategy = (attempt: number) =>
  Math.random() * Math.min(50 * 2 ** Math.min(attempt, 6), 2_000)

/** Destroys a client. What it is connecting to would else be connected to nonetheless. */
export function destroy(client: {
  on(event: 'connect', listener: () => void): unknown
  destroy(): void
}): void {
  client.on('connect', () => client.destroy())
  client.destroy()
}

/** Connects for the first time, which neither Sentinels nor clusters try again by themselves. */
export function keepConnecting(connect: () => Promise<unknown>, { onFailed: failed }: RedisLinkCallbacks) {
  const stopping = new AbortController()
  const { signal } = stopping
  const attempt = async (count: number): Promise<void> => {
    try {
      await connect()
    } catch (error) {
      if (signal.aborted) throw error
      failed(error)
      await pause(reconnectStrategy(count), signal)
      signal.throwIfAborted()
      await attempt(count + 1)
    }
  }
  const done = attempt(0)
  // Told already.
  done.catch(() => {})
  return { done, stop: () => stopping.abort(new Error('The bus was closed')) }
}
