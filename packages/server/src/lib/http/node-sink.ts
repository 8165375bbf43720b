import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Sink, StreamResponse, TidingsResponse } from './adapter.js'
import type { Chunk } from './chunk.js'
import { framedBytes } from './node-chunk.js'

// Node's own methods. Middleware that must see what is written replaces them on a response.
const { write, end } = ServerResponse.prototype

/** A server that may be closing. A connection that is kept alive would keep its process running. */
interface Closing {
  readonly isClosing?: boolean
}

/** Whether a connection must end with its response. HTTP/2 has no header for that. */
function endsConnection(response: ServerResponse, { isClosing }: Closing): boolean {
  return isClosing === true && response.req.httpVersionMajor === 1
}

/** Writes a response with Node's HTTP server, or a compatible one, such as HTTP/2's. */
export function writeResponse(content: TidingsResponse, response: ServerResponse, server: Closing): void {
  // Middleware with a time limit may have responded meanwhile.
  const isTooLate = hasLeft(response) || response.headersSent
  if (content.kind === 'stream') {
    if (isTooLate) content.drop()
    else openOnResponse(content, response, server)
  } else if (!isTooLate) {
    const closing = endsConnection(response, server) ? { Connection: 'close' } : undefined
    response.writeHead(content.status, { ...content.headers, ...closing }).end(content.body)
  }
}

/** Whether the client of a response has left. */
export function hasLeft(response: ServerResponse): boolean {
  // HTTP/2 responses show it only on their streams.
  const { stream } = response as { stream?: { readonly destroyed: boolean } }
  return response.destroyed || response.closed || stream?.destroyed === true
}

/** Calls a listener when a response is over, whichever side ended it. */
export function whenOver(response: ServerResponse, listener: () => void): void {
  response.on('close', listener)
}

function openOnResponse(stream: StreamResponse, response: ServerResponse, server: Closing): void {
  try {
    response.writeHead(200, stream.headers)
  } catch (error) {
    // Middleware that hooks into headers may throw.
    stream.drop()
    throw error
  }
  const socket = directSocketOf(response)
  if (!socket) {
    const listener = stream.open(new ResponseSink(response, server))
    response.on('drain', () => listener.onDrained())
    whenOver(response, () => listener.onClosed())
    // The stream may have written nothing, or middleware may buffer it.
    response.flushHeaders()
    return
  }
  socket.cork()
  try {
    response.flushHeaders()
    const listener = stream.open(new SocketSink(socket, response, server))
    const drained = () => listener.onDrained()
    socket.on('drain', drained)
    whenOver(response, () => {
      // The socket may serve another request.
      socket.off('drain', drained)
      listener.onClosed()
    })
  } finally {
    socket.uncork()
  }
}

/**
 * Returns the socket of a response if frames can be written to it directly: with HTTP/1.1's chunked coding,
 * and without middleware that must see what is written, such as compression. TLS is below the socket.
 *
 * This saves a response's work for each write: framing, and corking the socket for a tick. See decision 005.
 */
function directSocketOf(response: ServerResponse): Socket | undefined {
  const { socket } = response
  const isDirect =
    response instanceof ServerResponse &&
    response.write === write &&
    response.end === end &&
    response.chunkedEncoding
  return isDirect && socket && !socket.destroyed ? socket : undefined
}

class SocketSink implements Sink {
  readonly #socket: Socket
  readonly #response: ServerResponse
  readonly #server: Closing
  #isEnded = false

  constructor(socket: Socket, response: ServerResponse, server: Closing) {
    this.#socket = socket
    this.#response = response
    this.#server = server
    // An event, because reading a property of each of a thousand responses costs an eighth of writing to
    // them.
    response.on('prefinish', () => {
      this.#isEnded = true
    })
  }

  write(chunk: Chunk): boolean {
    // Nothing may follow the end, even if middleware ended the response.
    return !this.#isEnded && this.#socket.write(framedBytes(chunk))
  }

  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  /**
   * Ends through the response, which writes the last chunk and knows whether the connection is kept alive.
   */
  end(): void {
    endResponse(this.#response, this.#server)
  }

  abort(): void {
    this.#response.destroy()
  }
}

class ResponseSink implements Sink {
  readonly #response: ServerResponse
  readonly #server: Closing

  constructor(response: ServerResponse, server: Closing) {
    this.#response = response
    this.#server = server
  }

  write(chunk: Chunk): boolean {
    return !this.#response.writableEnded && this.#response.write(chunk.bytes)
  }

  cork(): void {
    // HTTP/2 responses lack it.
    this.#response.cork?.()
  }

  uncork(): void {
    this.#response.uncork?.()
  }

  end(): void {
    endResponse(this.#response, this.#server)
  }

  abort(): void {
    this.#response.destroy()
  }
}

/**
 * How long a connection may stay idle after a stream that ended because the server closes, in milliseconds.
 */
const idleMs = 1_000

/**
 * Ends a stream. If the server is closing, the connection ends soon after: the stream's head promised to keep
 * it alive, so a request that the client has already sent must still get its response.
 */
function endResponse(response: ServerResponse, server: Closing): void {
  const { socket } = response
  if (socket && endsConnection(response, server)) response.once('finish', () => socket.setTimeout(idleMs))
  response.end()
}
