import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { TidingsError } from '@tidings/core'
import { answerNodeRequest, originForm, type RequestHandler } from './lib/http/node-http.js'
import { writeAnswer } from './lib/http/node-sink.js'
import { problemResponse } from './lib/http/responses.js'

export type { RequestHandler } from './lib/http/node-http.js'

/** How a server is mounted on Node's own HTTP server. */
export interface NodeHandlerOptions {
  /** Below which path. Defaults to `/events`. */
  path?: string
  /**
   * The address a request counts for, in limits and hooks. Behind a proxy, read it from a header that the proxy sets and a
   * client cannot.
   *
   * Defaults to the address of the socket.
   */
  address?(request: IncomingMessage | Http2ServerRequest): string | undefined
}

/** Answers one request: what `http`, `https` and `http2` take as their listener. */
export type NodeListener = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void

/**
 * Answers the requests of Node's own HTTP server: `http.createServer(nodeHandler(tidings))`. HTTPS, and HTTP/2 by its
 * compatibility API, work as well.
 *
 * What is not below its path is answered with 404 `not_found`; to answer it yourself, call the handler only for what is.
 */
export function nodeHandler(
  tidings: RequestHandler,
  { path = '/events', address }: NodeHandlerOptions = {},
): NodeListener {
  const mount = `/${path.replace(/^\/+|\/+$/g, '')}`
  const prefix = mount === '/' ? '' : mount
  return (given, answered) => {
    // HTTP/2's are made to be used as HTTP/1's.
    const request = given as IncomingMessage
    const response = answered as ServerResponse
    const url = originForm(request.url ?? '/')
    const rest = url.slice(prefix.length)
    if (!url.startsWith(prefix) || !/^(?:[/?]|$)/.test(rest)) {
      const message = `Tidings serves paths below ${mount}, not ${url.split('?')[0]}`
      writeAnswer(problemResponse(new TidingsError({ code: 'not_found', message })), response, tidings)
      return
    }
    const from = address ? address(given) : request.socket.remoteAddress
    answerNodeRequest(tidings, request, response, rest, from).catch(() => response.destroy())
  }
}
