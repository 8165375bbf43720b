import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { RequestHandler } from './lib/http/adapter.js'
import { otherHost } from './lib/http/host-request.js'
import { Mount } from './lib/http/mount.js'
import { handleNodeRequest } from './lib/http/node-http.js'
import { writeResponse } from './lib/http/node-sink.js'

export type { RequestHandler } from './lib/http/adapter.js'

/** The options of {@link nodeHandler}. */
export interface NodeHandlerOptions {
  /** The path below which the server is mounted. Defaults to `/events`. */
  path?: string
  /**
   * Returns a client's address, for limits and hooks. Behind a proxy, read it from a header that the proxy
   * sets and a client cannot, or from the last entry of `X-Forwarded-For`, which the proxy appends.
   *
   * Defaults to the address of the socket.
   */
  address?(request: IncomingMessage | Http2ServerRequest): string | undefined
}

/** A request listener for `http`, `https` and `http2`. */
export type NodeListener = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void

/**
 * Handles the requests of Node's HTTP server: `http.createServer(nodeHandler(tidings))`. HTTPS and HTTP/2's
 * compatibility API work too.
 *
 * A request outside `path` gets 404 `not_found`. To handle other paths yourself, call the handler only for
 * requests below `path`.
 */
export function nodeHandler(
  tidings: RequestHandler,
  { path = '/events', address }: NodeHandlerOptions = {},
): NodeListener {
  const mount = new Mount(path)
  return (nodeRequest, nodeResponse) => {
    // HTTP/2's compatibility API has the methods of HTTP/1.1's.
    const request = nodeRequest as IncomingMessage
    const response = nodeResponse as ServerResponse
    const url = request.url ?? '/'
    const rest = mount.below(url)
    if (rest === undefined) {
      writeResponse(mount.refusal(url), response, tidings)
      return
    }
    const from = address ? address(nodeRequest) : request.socket.remoteAddress
    handleNodeRequest(tidings, request, response, rest, from).catch(() => response.destroy())
  }
}

/**
 * Returns the `request` of `context` and of middleware as Node's own: `nodeRequest(request).socket`.
 *
 * @throws TidingsError `internal` in another host, and for a control request that another node forwarded
 */
export function nodeRequest(request: object | undefined): IncomingMessage | Http2ServerRequest {
  // By their members: the classes of HTTP/2 take a while to load.
  if (request && 'rawHeaders' in request && 'socket' in request) return request as IncomingMessage
  throw otherHost('nodeRequest', "Node's HTTP server", request)
}
