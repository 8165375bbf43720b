import type { Chunk } from './chunk.js'

/** A request as an adapter hands it over, whatever server it came from. */
export interface TidingsRequest {
  readonly method: string
  /** The path below the mount as it was sent, without a slash at either end: `room`, `chat/send`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  /** The address the request came from, as the server sees it. */
  readonly address: string | undefined
  /** Whether the request came by TLS, as far as the adapter itself knows; what a proxy says of it does not count. */
  readonly isEncrypted?: boolean | undefined
  /** Fires when the client leaves before the answer is complete. */
  readonly signal: AbortSignal
  /**
   * Reads the JSON body, from the wire or from whoever parsed it before.
   *
   * @throws TidingsError `payload_too_large`, `bad_request` for broken JSON
   */
  json(maxBytes: number): Promise<unknown>
}

/** Where an adapter puts the bytes of a stream. */
export interface Sink {
  /**
   * Hands over bytes. `false` says that the client reads slowly: nothing more is to be written before `drained`, save what
   * a sink has to take in any case, which is last words and what a run emits without waiting.
   */
  write(chunk: Chunk): boolean
  /** Holds back what is written until `uncork`, so that it goes out together. */
  cork(): void
  uncork(): void
  /** Ends the stream as it should end. */
  end(): void
  /** Cuts the stream off, with what is not sent yet. */
  abort(): void
}

/** What an adapter tells about a stream it opened. */
export interface SinkListener {
  /** The client has read what was written: go on. */
  onDrained(): void
  /** The stream is over, whoever ended it. Called once. */
  onClosed(): void
}

/** What every answer carries: browsers do not guess its type, so that nothing in it runs as a script or shows as a page. */
export const commonHeaders = { 'X-Content-Type-Options': 'nosniff' } as const

/** The headers of an answer, by name. A header with several values is sent once for each. */
export type ResponseHeaders = Readonly<Record<string, string | string[]>>

/** An answer that is complete. */
export interface CompleteResponse {
  readonly kind: 'complete'
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: string
}

/**
 * An answer that goes on: status 200 and an event stream, which begins when the adapter opens it. An adapter has to call
 * exactly one of `open` and `drop`: until then the connection counts as open.
 */
export interface StreamResponse {
  readonly kind: 'stream'
  readonly headers: ResponseHeaders
  /** Begins the stream. Called at most once, and nothing else after it. */
  open(sink: Sink): SinkListener
  /** Called instead of `open` where the client has left before its stream could begin. */
  drop(): void
}

export type TidingsResponse = CompleteResponse | StreamResponse
