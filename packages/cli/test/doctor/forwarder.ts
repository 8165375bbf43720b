import { request as ask } from 'node:http'
import { listen } from '@tidings/test-kit'

export interface ForwarderSettings {
  /** The header that it removes from requests. */
  readonly remove?: string
  /** How long a response may take. */
  readonly cutAfterMs?: number
  /** Headers of responses that it replaces. */
  readonly replace?: Readonly<Record<string, string>>
  /** The most bytes of a request's body. */
  readonly maxBody?: number
  /** Whether the server knows no `echo`. */
  readonly oldServer?: boolean
  /** Whether it keeps the body of an event stream. */
  readonly isBuffering?: boolean
  /** Responds itself to some requests. */
  readonly instead?: (
    method: string,
    path: string,
  ) => { status: number; headers: Record<string, string> } | undefined
}

/** Starts a small proxy without a name. */
export function startForwarder(upstream: number | (() => number), settings: ForwarderSettings) {
  const {
    remove,
    cutAfterMs,
    replace = {},
    maxBody = Number.POSITIVE_INFINITY,
    oldServer = false,
    isBuffering = false,
    instead,
  } = settings
  return listen((request, response) => {
    const { method = 'GET', url: path = '/' } = request
    const length = Number(request.headers['content-length'] ?? 0)
    const isTooLong = length > maxBody ? { status: 413, headers: { 'content-type': 'text/html' } } : undefined
    // A post without operations is 17 bytes long.
    const isUnknown = oldServer && length > 17 && length < 1_000 ? { status: 400, headers: {} } : undefined
    const own = isTooLong ?? isUnknown ?? instead?.(method, path)
    if (own) {
      request.resume()
      response.writeHead(own.status, own.headers).end()
      return
    }
    const headers = { ...request.headers }
    if (remove !== undefined) delete headers[remove]
    const forwarded = ask({
      host: '127.0.0.1',
      port: typeof upstream === 'number' ? upstream : upstream(),
      method,
      path,
      headers,
      agent: false,
    })
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...replace })
      if (isBuffering && answer.headers['content-type']?.startsWith('text/event-stream')) {
        response.flushHeaders()
        answer.resume()
      } else answer.pipe(response)
      answer.on('error', () => response.destroy())
      if (cutAfterMs === undefined) return
      const timer = setTimeout(() => response.destroy(), cutAfterMs)
      response.once('close', () => clearTimeout(timer))
    })
    forwarded.on('error', () => response.destroy())
    response.once('close', () => forwarded.destroy())
    request.pipe(forwarded)
  })
}
