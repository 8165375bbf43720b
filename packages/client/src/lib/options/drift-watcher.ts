import type { TidingsError } from '@tidings/core'

/** The connection of a client, as a watcher of drift sees it. */
export interface WatchedConnection {
  /** The client's, with which it makes requests. */
  readonly options: {
    readonly url: string
    readonly credentials: 'omit' | 'same-origin' | 'include'
    readonly timeoutMs: number
    headers(): Promise<Headers>
    fetch(url: string, init: RequestInit): Promise<Response>
    readonly onError: ((error: TidingsError, at: object) => void) | undefined
  }
  readonly state: { readonly status: string }
}

/** What a client tells about its server's contract. `watchDrift` of `@tidings/client/drift` makes one. */
export interface DriftWatcher {
  /** Called each time a connection opens, with the hash of the server's contract if the server sends it. */
  onOpened(hash: unknown, connection: WatchedConnection): void
  /** Called with each event of a channel that the client's contract does not declare, and that is skipped. */
  onIgnored(channel: string, event: string): undefined
}
