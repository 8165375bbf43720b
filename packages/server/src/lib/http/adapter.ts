import type { Chunk } from './chunk.js'

/** A request, as an adapter passes it to a server. */
export interface TidingsRequest {
  readonly method: string
  /** The path below the mount as it was sent, without a slash at either end: `room`, `chat/send`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  /** The client's address, as limits and hooks count it. */
  readonly address: string | undefined
  /** Whether the request arrived over TLS, as far as the adapter knows without headers of a proxy. */
  readonly isEncrypted?: boolean | undefined
  /**
   * The host's own request, such as Express', Node's or a fetch `Request`. `context` and middleware receive it.
   * `undefined` for a request that another node forwarded.
   */
  readonly request?: object | undefined
  /** Fires when the client leaves before the response is complete. */
  readonly signal: AbortSignal
  /** Keeps the process running until a promise settles, where the host would otherwise suspend it. */
  waitUntil?(promise: Promise<unknown>): void
  /**
   * Reads the JSON body, from the wire or as a body parser in front left it.
   *
   * @throws TidingsError `payload_too_large`, `bad_request` for broken JSON
   */
  json(maxBytes: number): Promise<unknown>
}

/** Handles requests: a server of any contract. */
export interface RequestHandler {
  handle(request: TidingsRequest): Promise<TidingsResponse>
  /** While it is true, connections are not kept alive. */
  readonly isClosing?: boolean
}

/** Takes the bytes of a stream. */
export interface Sink {
  /**
   * Writes bytes. Returns `false` if the client reads slowly; the server then waits for `onDrained`, except
   * for final frames and events that a handler emits without awaiting. The sink must take those too.
   */
  write(chunk: Chunk): boolean
  /** Buffers writes until `uncork`, so that they are sent together. */
  cork(): void
  uncork(): void
  /** Ends the stream after its last byte. */
  end(): void
  /** Closes the connection at once, and discards bytes that were not sent. */
  abort(): void
}

/** The events of a stream, which its adapter reports. */
export interface SinkListener {
  /** Called when the client has read what was written. */
  onDrained(): void
  /** Called once, when the stream is over, whichever side ended it. */
  onClosed(): void
}

/**
 * Headers of every response. Browsers must not guess its type and run it as a script or show it as a page.
 */
export const commonHeaders = { 'X-Content-Type-Options': 'nosniff' } as const

/** The headers of a response, by name. A header with several values is sent once for each. */
export type ResponseHeaders = Readonly<Record<string, string | string[]>>

/** A response with a complete body. */
export interface CompleteResponse {
  readonly kind: 'complete'
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: string
}

/**
 * A response that is an event stream with status 200. The adapter must call exactly one of `open` and `drop`;
 * until then the connection counts as open.
 */
export interface StreamResponse {
  readonly kind: 'stream'
  readonly headers: ResponseHeaders
  /** Begins the stream. Call it at most once. */
  open(sink: Sink): SinkListener
  /** Call it instead of `open` if the client has left. */
  drop(): void
}

export type TidingsResponse = CompleteResponse | StreamResponse
