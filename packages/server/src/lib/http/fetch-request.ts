import { TidingsError } from '@tidings/core'
import { onAbort } from '../on-abort.js'
import type { TidingsRequest } from './adapter.js'
import { waitUntilFrom } from './host-info.js'
import { joinBytes } from './join-bytes.js'
import { bodyTooLarge, parseJsonBody } from './json-body.js'
import { explain } from './public-error.js'
import { authorityOf, parseTarget } from './request-target.js'

/** A request of a host that uses the Fetch Standard's. */
export class FetchRequest implements TidingsRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly address: string | undefined
  readonly isEncrypted: boolean
  readonly signal: AbortSignal
  readonly waitUntil?: (promise: Promise<unknown>) => void
  readonly request: Request
  readonly #left = new AbortController()
  readonly #unfollow: () => void

  /** @param url the part of the request's URL below the mount */
  constructor(request: Request, url: string, address: string | undefined, info: unknown) {
    const { path, query } = parseTarget(url)
    this.method = request.method
    this.path = path
    this.query = query
    this.headers = headersOf(request)
    this.address = address
    this.isEncrypted = request.url.startsWith('https:')
    this.signal = this.#left.signal
    const waitUntil = waitUntilFrom(info)
    if (waitUntil) this.waitUntil = waitUntil
    this.request = request
    this.#unfollow = onAbort(request.signal, () => this.onLeft(request.signal.reason))
  }

  /** Called when the client has left. Not every host fires the request's own signal. */
  onLeft(reason?: unknown): void {
    this.#left.abort(reason)
  }

  /** Called when the response is over. The request's own signal may outlive it. */
  onOver(): void {
    this.#unfollow()
  }

  json(maxBytes: number): Promise<unknown> {
    return readJson(this.request, maxBytes)
  }
}

/** Returns a request's headers, with the `Host` that a request over HTTP/2 or inside a program lacks. */
function headersOf({ headers, url }: Request): Headers {
  const authority = authorityOf(url)
  if (headers.has('host') || !authority) return headers
  const withHost = new Headers(headers)
  withHost.set('host', authority)
  return withHost
}

async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBytes) throw bodyTooLarge(maxBytes)
  const { body } = request
  if (request.bodyUsed || body?.locked) throw alreadyRead()
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = body?.getReader()
  for (
    let chunk = await reader?.read().catch(failed);
    chunk?.value;
    chunk = await reader?.read().catch(failed)
  ) {
    bytes += chunk.value.byteLength
    if (bytes > maxBytes) {
      void reader?.cancel().catch(() => {})
      throw bodyTooLarge(maxBytes)
    }
    chunks.push(chunk.value)
  }
  return parseJsonBody(joinBytes(chunks))
}

/** Rejects because the client left before its body had arrived, or middleware refused the body. */
function failed(cause: unknown): never {
  const message = `The body did not arrive: ${cause instanceof Error ? cause.message : String(cause)}`
  throw new TidingsError({ code: 'bad_request', message, cause })
}

function alreadyRead(): TidingsError {
  const message = 'Middleware has read the body of this request. Let it read a copy: request.clone().json()'
  return explain(new TidingsError({ code: 'internal', message }))
}
