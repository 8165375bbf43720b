import type { GivenHeaders } from '../types/local.js'
import type { TidingsRequest } from './adapter.js'

/** The caller that this program calls a procedure for. */
export interface LocalCaller {
  readonly context?: unknown
  readonly headers?: GivenHeaders | undefined
  readonly address?: string | undefined
  readonly request?: object | undefined
  readonly signal?: AbortSignal | undefined
}

/** A call that the program makes itself, as endpoints take it. */
export class LocalRequest implements TidingsRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly address: string | undefined
  readonly request: object | undefined
  readonly signal: AbortSignal
  /** The context that stands for what the option `context` would return. Undefined without one. */
  readonly given: unknown
  readonly #body: unknown

  constructor(method: string, path: string, query: URLSearchParams, body: unknown, caller: LocalCaller) {
    this.method = method
    this.path = path
    this.query = query
    this.headers = headersOf(caller.headers)
    // The headers may be those of the page's own request.
    for (const name of ['content-length', 'idempotency-key', 'last-event-id']) this.headers.delete(name)
    this.headers.set('content-type', 'application/json')
    this.address = caller.address
    this.request = caller.request
    this.signal = caller.signal ?? new AbortController().signal
    this.given = caller.context
    this.#body = body
  }

  /** Resolves with the body as it would arrive over HTTP. */
  async json(): Promise<unknown> {
    return this.#body === undefined ? undefined : JSON.parse(JSON.stringify(this.#body))
  }
}

function headersOf(given: GivenHeaders = {}): Headers {
  const entries: [string, unknown][] =
    Symbol.iterator in given ? [...(given as Iterable<[string, string]>)] : Object.entries(given)
  const headers = new Headers()
  for (const [name, value] of entries) {
    // HTTP/2's pseudo-headers, such as `:path`, are none.
    if (value === undefined || name.startsWith(':')) continue
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, String(each))
  }
  return headers
}
