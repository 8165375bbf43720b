import type { CompleteResponse, RequestHandler, ResponseHeaders } from './lib/http/adapter.js'
import { FetchRequest } from './lib/http/fetch-request.js'
import { addressFrom } from './lib/http/host-info.js'
import { otherHost } from './lib/http/host-request.js'
import { Mount } from './lib/http/mount.js'
import { openReadable } from './lib/http/stream-sink.js'

export type { RequestHandler } from './lib/http/adapter.js'

/** The options of {@link fetchHandler}. */
export interface FetchHandlerOptions<Info = unknown> {
  /** The path below which the server is mounted. Defaults to `/events`. */
  path?: string
  /**
   * Returns a client's address, for limits and hooks. Behind a proxy, read it from a header that the proxy
   * sets and a client cannot, or from the last entry of `X-Forwarded-For`, which the proxy appends.
   *
   * Defaults to the address in what the host passes along with the request: `Deno.serve`, `Bun.serve` and
   * Hono's `c.env` have it. Elsewhere, clients have no address, and limits per address count none.
   */
  address?(request: Request, info: Info | undefined): string | undefined
}

/**
 * Handles a request of the Fetch Standard.
 *
 * `info` is what the host passes along with it: the second argument of `Deno.serve`'s and Bun's handlers,
 * Hono's `c.env`, the execution context of a Worker. Commands and streams are kept running through its
 * `waitUntil`, if it has one, also when their client has left.
 */
export type FetchHandler<Info = unknown> = (request: Request, info?: Info) => Promise<Response>

/** A status for the host's log, after nginx: the client has left, and receives nothing. */
const clientLeftStatus = 499

/**
 * Handles the requests of every host that uses `Request` and `Response`: `Deno.serve(fetchHandler(tidings))`,
 * `Bun.serve({ fetch: fetchHandler(tidings) })`, Hono, route handlers of Next.js, Durable Objects.
 *
 * A request outside `path` gets 404 `not_found`. To handle other paths yourself, call the handler only for
 * requests below `path`. A framework that removes its mount from the URL needs `path: '/'`.
 */
export function fetchHandler<Info = unknown>(
  tidings: RequestHandler,
  { path = '/events', address }: FetchHandlerOptions<Info> = {},
): FetchHandler<Info> {
  const mount = new Mount(path)
  return async (hostRequest, info) => {
    // A request made inside a program may have a fragment.
    const target = hostRequest.url.replace(/#.*/s, '')
    const url = mount.below(target)
    if (url === undefined) return toResponse(mount.refusal(target), hostRequest)
    const from = address ? address(hostRequest, info) : addressFrom(info, hostRequest)
    const request = new FetchRequest(hostRequest, url, from, info)
    const response = await tidings.handle(request)
    if (response.kind === 'stream' && !request.signal.aborted) {
      return new Response(openReadable(response, request), { headers: toHeaders(response.headers) })
    }
    request.onOver()
    if (response.kind === 'complete') return toResponse(response, hostRequest)
    response.drop()
    return new Response(null, { status: clientLeftStatus })
  }
}

/**
 * Returns the `request` of `context` and of middleware with its type: `fetchRequest(request).cf`.
 *
 * @throws TidingsError `internal` in another host, and for a control request that another node forwarded
 */
export function fetchRequest(request: object | undefined): Request {
  // By its tag: a host may have a class `Request` of its own.
  if (Object.prototype.toString.call(request) === '[object Request]') return request as Request
  throw otherHost('fetchRequest', 'a host with fetch requests', request)
}

function toResponse({ status, headers, body }: CompleteResponse, { method }: Request): Response {
  // `Response` rejects an empty text with status 204.
  const hasBody = body !== '' && method !== 'HEAD'
  return new Response(hasBody ? body : null, { status, headers: toHeaders(headers) })
}

function toHeaders(headers: ResponseHeaders): Headers {
  const result = new Headers()
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) result.append(name, value)
  }
  return result
}
