import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { TidingsError } from '@tidings/core'
import type { RequestHandler, TidingsRequest } from './adapter.js'
import { bodyTooLarge, parseJsonBody } from './json-body.js'
import { hasLeft, whenOver, writeResponse } from './node-sink.js'
import { turnOf } from './pipelining.js'
import { explain } from './public-error.js'
import { authorityOf, parseTarget } from './request-target.js'

/** A request whose body a parser may have read, as in Express. */
type ParsedMessage = IncomingMessage & { readonly body?: unknown }

/**
 * Handles a request of Node's HTTP server, or of a framework that uses its requests and responses.
 *
 * @param url the part of the request's URL below the mount
 */
export async function handleNodeRequest(
  server: RequestHandler,
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
  address: string | undefined,
): Promise<void> {
  const turn = turnOf(request, response)
  if (turn && !(await turn)) return
  writeResponse(await server.handle(new NodeRequest(request, response, url, address)), response, server)
}

class NodeRequest implements TidingsRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly address: string | undefined
  readonly isEncrypted: boolean
  readonly request: IncomingMessage
  readonly #response: ServerResponse
  #signal: AbortSignal | undefined

  constructor(request: IncomingMessage, response: ServerResponse, url: string, address: string | undefined) {
    const { path, query } = parseTarget(url)
    this.method = request.method ?? 'GET'
    this.path = path
    this.query = query
    this.headers = headersOf(request)
    this.address = address
    this.isEncrypted = isOverTls(request)
    this.request = request
    this.#response = response
  }

  /** Created on first use, because topics, which stay open for long, do not use it. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#response)
    return this.#signal
  }

  json(maxBytes: number): Promise<unknown> {
    return readJson(this.request, maxBytes)
  }
}

/**
 * Returns a signal that fires when the client leaves. The client may have left during middleware in front.
 */
function signalOf(response: ServerResponse): AbortSignal {
  const left = new AbortController()
  if (hasLeft(response)) left.abort()
  whenOver(response, () => left.abort())
  return left.signal
}

/** HTTP/2 sends the scheme, even if a proxy terminates TLS. */
function isOverTls({ socket, headers }: IncomingMessage): boolean {
  return (socket as Partial<TLSSocket> | undefined)?.encrypted === true || headers[':scheme'] === 'https'
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers()
  const { rawHeaders } = request
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    // `Headers` rejects HTTP/2's pseudo-headers.
    if (!name.startsWith(':')) headers.append(name, value)
    else if (name === ':authority') headers.set('host', value)
  }
  // The authority of an absolute target overrides `Host`: RFC 9112 section 3.2.2.
  const authority = authorityOf(request.url ?? '')
  if (authority) headers.set('host', authority)
  return headers
}

async function readJson(request: ParsedMessage, maxBytes: number): Promise<unknown> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) throw bodyTooLarge(maxBytes)
  // A body parser in front has read the body.
  if (request.readableDidRead) return parsedBody(request)
  const chunks: Buffer[] = []
  let bytes = 0
  // Leaving the loop early must not destroy the request, because its socket carries the refusal.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) {
      request.resume()
      throw bodyTooLarge(maxBytes)
    }
    chunks.push(chunk)
  }
  return parseJsonBody(Buffer.concat(chunks))
}

/** Returns the body that a parser in front left. */
function parsedBody({ body }: ParsedMessage): unknown {
  // A raw parser leaves bytes.
  if (body instanceof Uint8Array) return parseJsonBody(body)
  if (body !== undefined) return body
  const message =
    'Middleware read the body of this request and left nothing in request.body. Mount Tidings before it, or let it store the parsed JSON there, as express.json() does'
  throw explain(new TidingsError({ code: 'internal', message }))
}
