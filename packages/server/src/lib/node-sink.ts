import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Sink, SinkListener, StreamAnswer } from './http.js'

// As Node made them. What is different on a response was put there by somebody who wants to see what is written.
const { write, end } = ServerResponse.prototype

/** Begins a stream on a response of Node's own HTTP server, or one that acts like it, such as HTTP/2's. */
export function openOnResponse(answer: StreamAnswer, response: ServerResponse): void {
  response.writeHead(200, answer.headers)
  const socket = bareSocketOf(response)
  if (!socket) {
    const listener = answer.open(responseSink(response))
    response.on('drain', () => listener.drained())
    response.once('close', () => listener.closed())
    // Where nothing was written yet, or middleware holds it back.
    response.flushHeaders()
    return
  }
  socket.cork()
  response.flushHeaders()
  listen(answer.open(socketSink(socket, response)), socket, response)
  socket.uncork()
}

function listen(listener: SinkListener, socket: Socket, response: ServerResponse): void {
  const drained = () => listener.drained()
  socket.on('drain', drained)
  response.once('close', () => {
    // The connection may be kept alive for another request.
    socket.off('drain', drained)
    listener.closed()
  })
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
  // A request that was pipelined gets its socket when those before it are answered.
  return isBare && socket && !socket.destroyed ? socket : undefined
}

function socketSink(socket: Socket, response: ServerResponse): Sink {
  return {
    write: (chunk) => socket.write(chunk.framed),
    cork: () => socket.cork(),
    uncork: () => socket.uncork(),
    // It writes the last chunk, of length zero, and knows whether the connection is kept alive.
    end: () => response.end(),
    abort: () => response.destroy(),
  }
}

function responseSink(response: ServerResponse): Sink {
  return {
    write: (chunk) => response.write(chunk.bytes),
    // HTTP/2's has none of these.
    cork: () => response.cork?.(),
    uncork: () => response.uncork?.(),
    end: () => response.end(),
    abort: () => response.destroy(),
  }
}
