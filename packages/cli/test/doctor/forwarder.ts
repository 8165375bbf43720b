import { request as ask } from 'node:http'
import { listen } from '@tidings/test-kit'

export interface ForwarderSettings {
  /** The header that it removes from requests. */
  readonly remove?: string
  /** How long a response may take. */
  readonly cutAfterMs?: number
  /** Responds itself to some requests. */
  readonly instead?: (
    method: string,
    path: string,
  ) => { status: number; headers: Record<string, string> } | undefined
}

/** Starts a small proxy without a name. */
export function startForwarder(upstream: number, { remove, cutAfterMs, instead }: ForwarderSettings) {
  return listen((request, response) => {
    const { method = 'GET', url: path = '/' } = request
    const own = instead?.(method, path)
    if (own) {
      request.resume()
      response.writeHead(own.status, own.headers).end()
      return
    }
    const headers = { ...request.headers }
    if (remove !== undefined) delete headers[remove]
    const forwarded = ask({ host: '127.0.0.1', port: upstream, method, path, headers, agent: false })
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
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
