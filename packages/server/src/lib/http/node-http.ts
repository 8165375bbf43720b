import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { TidingsError } from '@tidings/core'
import type { TidingsRequest, TidingsResponse } from './adapter.js'
import { hasLeft, whenOver, writeAnswer } from './node-sink.js'
import { turnOf } from './pipelining.js'
import { explain } from './public-error.js'

/** Whatever answers requests: a {@link Tidings} server, whichever its contract. */
export interface RequestHandler {
  handle(request: TidingsRequest): Promise<TidingsResponse>
  /** Whether it is closing: then connections are not kept alive. */
  readonly isClosing?: boolean
}

/** The scheme and authority of a target in absolute form, as clients send it to proxies: RFC 9112 section 3.2.2. */
const absoluteForm = /^https?:\/\/([^/?#]*)/i

/** The target of a request in origin form: a path and a query. */
export function originForm(url: string): string {
  const rest = url.replace(absoluteForm, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** A request that a body parser may have read already, as Express' do. */
type ParsedMessage = IncomingMessage & { readonly body?: unknown }

/**
 * Answers a request of Node's own HTTP server, or of a framework that hands out its requests and responses.
 *
 * @param url what follows the mount in the request's own URL
 */
export async function answerNodeRequest(
  server: RequestHandler,
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
  address: string | undefined,
): Promise<void> {
  const turn = turnOf(request, response)
  if (turn && !(await turn)) return
  writeAnswer(await server.handle(new NodeRequest(request, response, url, address)), response, server)
}

class NodeRequest implements TidingsRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly address: string | undefined
  readonly isEncrypted: boolean
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #signal: AbortSignal | undefined

  constructor(request: IncomingMessage, response: ServerResponse, url: string, address: string | undefined) {
    const [pathname = '', ...rest] = originForm(url).split('?')
    this.method = request.method ?? 'GET'
    // As it was sent: the names of a contract need no encoding, and whoever guards a path in front has seen this one.
    this.path = pathname.replace(/^\/|\/$/g, '')
    this.query = new URLSearchParams(rest.join('?'))
    this.headers = headersOf(request)
    this.address = address
    this.isEncrypted = cameByTls(request)
    this.#request = request
    this.#response = response
  }

  /** Made when it is asked for: a topic, which may stay open for long, does not ask. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#response)
    return this.#signal
  }

  json(maxBytes: number): Promise<unknown> {
    return readJson(this.#request, maxBytes)
  }
}

/** Fires when the client leaves, and at once where it has left while middleware in front took its time. */
function signalOf(response: ServerResponse): AbortSignal {
  const left = new AbortController()
  if (hasLeft(response)) left.abort()
  whenOver(response, () => left.abort())
  return left.signal
}

/** HTTP/2 tells the scheme, also where TLS has ended in front. */
function cameByTls({ socket, headers }: IncomingMessage): boolean {
  return (socket as Partial<TLSSocket> | undefined)?.encrypted === true || headers[':scheme'] === 'https'
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers()
  const { rawHeaders } = request
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    // HTTP/2 has pseudo-headers, which `Headers` does not take.
    if (!name.startsWith(':')) headers.append(name, value)
    else if (name === ':authority') headers.set('host', value)
  }
  // It counts instead of the header: RFC 9112 section 3.2.2.
  const authority = absoluteForm.exec(request.url ?? '')?.[1]
  if (authority) headers.set('host', authority)
  return headers
}

async function readJson(request: ParsedMessage, maxBytes: number): Promise<unknown> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) throw tooLarge(maxBytes)
  // A body parser in front has read it: there is nothing left on the wire.
  if (request.readableDidRead) return parsedBody(request)
  const chunks: Buffer[] = []
  let bytes = 0
  // Leaving the loop early must not destroy the request: the socket it came on is the one the refusal goes out on.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) {
      request.resume()
      throw tooLarge(maxBytes)
    }
    chunks.push(chunk)
  }
  return parse(Buffer.concat(chunks))
}

/** The body as a parser in front has left it. */
function parsedBody({ body }: ParsedMessage): unknown {
  // One that hands on bytes has not parsed them.
  if (body instanceof Uint8Array) return parse(body)
  if (body !== undefined) return body
  const message =
    'Middleware read the body of this request and left nothing in request.body. Mount Tidings before it, or let it store the parsed JSON there, as express.json() does'
  throw explain(new TidingsError({ code: 'internal', message }))
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const message = `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new TidingsError({ code: 'bad_request', message, cause })
  }
}

function tooLarge(maxBytes: number): TidingsError {
  const message = `The body exceeds the limit of ${maxBytes} bytes. Send a shorter one`
  return new TidingsError({ code: 'payload_too_large', message })
}
