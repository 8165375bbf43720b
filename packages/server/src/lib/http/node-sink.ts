import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Sink, StreamResponse, TidingsResponse } from './adapter.js'
import type { Chunk } from './chunk.js'

// As Node made them. What is different on a response was put there by somebody who wants to see what is written.
const { write, end } = ServerResponse.prototype

/** A server that may be closing: a connection that was kept alive would keep its process running. */
interface Closing {
  readonly isClosing?: boolean
}

/** Whether a connection has to end with its response. HTTP/2 has another way, and no such header. */
function endsConnection(response: ServerResponse, { isClosing }: Closing): boolean {
  return isClosing === true && response.req.httpVersionMajor === 1
}

/** Answers on a response of Node's own HTTP server, or one that acts like it, such as HTTP/2's. */
export function writeAnswer(answer: TidingsResponse, response: ServerResponse, server: Closing): void {
  // Somebody in front may have answered in the meantime, because it took too long.
  const isTooLate = hasLeft(response) || response.headersSent
  if (answer.kind === 'stream') {
    if (isTooLate) answer.drop()
    else openOnResponse(answer, response, server)
  } else if (!isTooLate) {
    const closing = endsConnection(response, server) ? { Connection: 'close' } : undefined
    response.writeHead(answer.status, { ...answer.headers, ...closing }).end(answer.body)
  }
}

/** Whether the client of a response is not there any more. */
export function hasLeft(response: ServerResponse): boolean {
  // HTTP/2's responses tell it by their streams only.
  const { stream } = response as { stream?: { readonly destroyed: boolean } }
  return response.destroyed || response.closed || stream?.destroyed === true
}

/** Calls back when a response is over, whoever ended it. */
export function whenOver(response: ServerResponse, over: () => void): void {
  response.on('close', over)
}

/** Begins a stream. */
function openOnResponse(answer: StreamResponse, response: ServerResponse, server: Closing): void {
  try {
    response.writeHead(200, answer.headers)
  } catch (error) {
    // Whoever listens for headers may throw.
    answer.drop()
    throw error
  }
  const socket = bareSocketOf(response)
  if (!socket) {
    const listener = answer.open(new ResponseSink(response, server))
    response.on('drain', () => listener.onDrained())
    whenOver(response, () => listener.onClosed())
    // Where nothing was written yet, or middleware holds it back.
    response.flushHeaders()
    return
  }
  socket.cork()
  try {
    response.flushHeaders()
    const listener = answer.open(new SocketSink(socket, response, server))
    const drained = () => listener.onDrained()
    socket.on('drain', drained)
    whenOver(response, () => {
      // The connection may be kept alive for another request.
      socket.off('drain', drained)
      listener.onClosed()
    })
  } finally {
    socket.uncork()
  }
}

/**
 * The socket of a response that can be written past: HTTP/1.1 in chunks, with nothing in between that wants to see what
 * is written, as compressing middleware does. TLS is below the socket.
 *
 * It saves what a response does for each write: to frame the chunk, to cork the socket and uncork it a tick later.
 */
function bareSocketOf(response: ServerResponse): Socket | undefined {
  const { socket } = response
  const isBare =
    response instanceof ServerResponse &&
    response.write === write &&
    response.end === end &&
    response.chunkedEncoding
  return isBare && socket && !socket.destroyed ? socket : undefined
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
    // Told rather than asked: a look at each of a thousand responses costs an eighth of what it takes to write to them.
    response.on('prefinish', () => {
      this.#isEnded = true
    })
  }

  write(chunk: Chunk): boolean {
    // After its end nothing may follow, whoever ended it.
    return !this.#isEnded && this.#socket.write(chunk.framed)
  }

  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  /** The response writes the last chunk, of length zero, and knows whether the connection is kept alive. */
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
    // HTTP/2's responses have none.
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

/** For how long a connection may be idle after a stream that ended because the server is closing, in milliseconds. */
const idleMs = 1_000

/**
 * Ends a stream. If the server is closing, its connection soon ends too: its head said long ago that it would be kept alive, and
 * a request that its client has sent by now is to be answered.
 */
function endResponse(response: ServerResponse, server: Closing): void {
  const { socket } = response
  if (socket && endsConnection(response, server)) response.once('finish', () => socket.setTimeout(idleMs))
  response.end()
}
