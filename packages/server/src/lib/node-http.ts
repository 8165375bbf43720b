import type { IncomingMessage, ServerResponse } from 'node:http'
import { TidingsError } from '@tidings/core'
import type { Answer, Sink, TidingsRequest } from './http.js'

/** Whatever answers requests: a {@link Tidings} server, whichever its contract. */
export interface RequestHandler {
  handle(request: TidingsRequest): Promise<Answer>
}

/** A request that a body parser may have read already, as Express' do. */
type ParsedMessage = IncomingMessage & { readonly body?: unknown }

/** Answers a request of Node's own HTTP server, or of a framework that hands out its requests and responses. */
export async function answerNodeRequest(
  server: RequestHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController()
  // Middleware in front may have taken so long that the client is gone already.
  if (response.closed || response.destroyed) left.abort()
  response.once('close', () => left.abort())
  const answer = await server.handle(toTidingsRequest(request, left.signal))
  if (response.destroyed || response.closed) return
  if (answer.kind === 'complete') {
    response.writeHead(answer.status, answer.headers).end(answer.body)
    return
  }
  response.writeHead(200, answer.headers)
  const listener = answer.open(sinkOf(response))
  response.on('drain', () => listener.drained())
  response.once('close', () => listener.closed())
  response.flushHeaders()
}

function sinkOf(response: ServerResponse): Sink {
  return {
    write: (chunk) => response.write(chunk),
    end: () => response.end(),
  }
}

function toTidingsRequest(request: IncomingMessage, signal: AbortSignal): TidingsRequest {
  const [pathname = '', ...rest] = (request.url ?? '').split('?')
  return {
    method: request.method ?? 'GET',
    // As it was sent: the names of a contract need no encoding, and whoever guards a path in front has seen this one.
    path: pathname.replace(/^\/|\/$/g, ''),
    query: new URLSearchParams(rest.join('?')),
    headers: headersOf(request),
    address: request.socket.remoteAddress,
    signal,
    json: (maxBytes) => readJson(request, maxBytes),
  }
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers()
  const { rawHeaders } = request
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    // HTTP/2 has pseudo-headers, which `Headers` does not take.
    if (!name.startsWith(':')) headers.append(name, value)
  }
  return headers
}

async function readJson(request: ParsedMessage, maxBytes: number): Promise<unknown> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) throw tooLarge(maxBytes)
  // A body parser in front has read it: there is nothing left on the wire.
  if (request.readableDidRead) return request.body
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
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
  } catch (cause) {
    const message = `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new TidingsError({ code: 'bad_request', message, cause })
  }
}

function tooLarge(maxBytes: number): TidingsError {
  const message = `The body is longer than the ${maxBytes} bytes this server reads`
  return new TidingsError({ code: 'payload_too_large', message })
}
