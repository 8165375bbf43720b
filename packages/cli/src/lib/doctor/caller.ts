import * as http from 'node:http'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import type { Readable } from 'node:stream'
import { decoded } from './decoded.js'
import { type Protocol, pathOf, type Target } from './target.js'

export interface Call {
  readonly method: 'GET' | 'POST' | 'HEAD' | 'OPTIONS'
  /** Below the mount. */
  readonly path: string
  /** The path of another mount than the target's. */
  readonly mount?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A response whose body is still to be read. */
export interface Exchange {
  readonly status: number
  /** By lower-case name. Several values are joined with commas. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, without its content coding. */
  readonly body: Readable
  /** When the request was sent and when the headers of the response arrived: `performance.now()`. */
  readonly sentAt: number
  readonly headersAt: number
  /** Leaves before the end of the response. */
  close(): void
}

/** A response that was read. */
export interface Answer extends Pick<Exchange, 'status' | 'headers'> {
  /** The beginning of the body. */
  readonly text: string
  readonly ms: number
}

/** Bytes of an answer that are kept. The rest is not read. */
const keptBytes = 64 * 1024

/**
 * Makes requests as browsers do: with HTTP/1.1 each on a connection of its own, as event streams are, and with HTTP/2
 * all on one connection.
 */
export class Caller {
  readonly #target: Target
  readonly #protocol: Protocol
  #session: http2.ClientHttp2Session | undefined

  constructor(target: Target, protocol: Protocol) {
    this.#target = target
    this.#protocol = protocol
  }

  /** Makes a request and waits for the headers of the response. Rejects after `timeoutMs`. */
  open(call: Call, timeoutMs = this.#target.timeoutMs): Promise<Exchange> {
    return this.#protocol === 'HTTP/2' ? this.#open2(call, timeoutMs) : this.#open1(call, timeoutMs)
  }

  /** Makes a request and reads the response. */
  async ask(call: Call): Promise<Answer> {
    const { timeoutMs } = this.#target
    const exchange = await this.open(call)
    const { status, headers, body, sentAt } = exchange
    const chunks: Buffer[] = []
    let bytes = 0
    const timer = setTimeout(() => body.destroy(timedOut(timeoutMs)), timeoutMs)
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > keptBytes) break
      }
    } finally {
      clearTimeout(timer)
      exchange.close()
    }
    return { status, headers, text: Buffer.concat(chunks).toString(), ms: performance.now() - sentAt }
  }

  close(): void {
    this.#session?.destroy()
  }

  #open1(call: Call, timeoutMs: number): Promise<Exchange> {
    const { url, insecure } = this.#target
    const { method, body } = call
    const options = {
      method,
      path: this.#pathOf(call),
      // Its own connection, which a load balancer may lead to another node.
      agent: false as const,
      headers: {
        ...this.#headersOf(call),
        ...(body !== undefined && { 'content-length': byteLength(body) }),
      },
    }
    const tls = { rejectUnauthorized: !insecure, ALPNProtocols: ['http/1.1'] }
    const sentAt = performance.now()
    const request =
      url.protocol === 'https:' ? https.request(url, { ...options, ...tls }) : http.request(url, options)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => request.destroy(timedOut(timeoutMs)), timeoutMs)
      request.on('error', reject)
      request.once('close', () => clearTimeout(timer))
      request.on('response', (response) => {
        clearTimeout(timer)
        const headers = joined(response.headersDistinct)
        resolve({
          status: response.statusCode ?? 0,
          headers,
          body: decoded(response, headers['content-encoding']),
          sentAt,
          headersAt: performance.now(),
          close: () => request.destroy(),
        })
      })
      request.end(body)
    })
  }

  #open2(call: Call, timeoutMs: number): Promise<Exchange> {
    const { method, body } = call
    const sentAt = performance.now()
    const request = this.#connected().request(
      { ':method': method, ':path': this.#pathOf(call), ...this.#headersOf(call) },
      { endStream: body === undefined },
    )
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => request.destroy(timedOut(timeoutMs)), timeoutMs)
      request.on('error', reject)
      request.once('close', () => {
        clearTimeout(timer)
        reject(new Error('The connection was closed before a response'))
      })
      request.on('response', ({ ':status': status, ...given }) => {
        clearTimeout(timer)
        const headers = joined(given)
        resolve({
          status: status ?? 0,
          headers,
          body: decoded(request, headers['content-encoding']),
          sentAt,
          headersAt: performance.now(),
          close: () => request.close(http2.constants.NGHTTP2_CANCEL),
        })
      })
      if (body !== undefined) request.end(body)
    })
  }

  #connected(): http2.ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session
    const { url, insecure } = this.#target
    this.#session = http2.connect(url.origin, { rejectUnauthorized: !insecure })
    // Each request of the session fails with it.
    this.#session.on('error', () => {})
    return this.#session
  }

  #pathOf({ path, mount }: Call): string {
    return mount === undefined ? pathOf(this.#target, path) : `${mount}/${path}`
  }

  #headersOf({ headers, body }: Call): Record<string, string> {
    return {
      accept: '*/*',
      // What browsers accept, since a proxy may compress for them only.
      'accept-encoding': 'gzip, deflate, br',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...this.#target.headers,
      ...headers,
    }
  }
}

function timedOut(ms: number): Error {
  return Object.assign(new Error(`no answer within ${ms / 1000} s`), { name: 'TimeoutError' })
}

function byteLength(text: string): number {
  return Buffer.byteLength(text)
}

function joined(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !name.startsWith(':')) headers[name] = [value].flat().join(', ')
  }
  return headers
}
