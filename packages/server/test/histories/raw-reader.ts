import { connect, type Socket } from 'node:net'
import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** What happens to a {@link RawReader}. */
export interface RawReaderListener {
  /** An event was dispatched: https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage */
  event(event: EventSourceMessage): void
  /** Called when the connection is over, with whether the response had come to its end. */
  closed(isWhole: boolean): void
  /** The answer was not what HTTP allows, or not 200. */
  broken(why: string): void
  /** Called with a response of another status than 200. Without it, 503 closes the reader and others are broken. */
  refused?(status: number, body: string): void
}

/** What a {@link RawReader} requests. */
export interface RawRequest {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  /** Lines that end with a line break each. */
  readonly headers: string
  readonly body?: string
}

/**
 * Reads one event stream from a socket of its own, byte by byte if need be, so that it can be cut off at any of them and
 * can leave unread what was sent.
 */
export class RawReader {
  readonly #socket: Socket
  readonly #listener: RawReaderListener
  readonly #parser = createParser({ onEvent: (event) => this.#listener.event(event) })
  readonly #decoder = new TextDecoder()
  #rest = Buffer.alloc(0)
  #isInBody = false
  /** How much of the current chunk is to come. */
  #dataLeft = 0
  #isAfterData = false
  /** How many more bytes are read before it cuts the connection. */
  #budget = Number.POSITIVE_INFINITY
  #isClosed = false
  /** A response of another status than 200. */
  #refusal: { readonly status: number; body: string } | undefined

  constructor(
    port: number,
    { method = 'GET', path, headers, body = '' }: RawRequest,
    listener: RawReaderListener,
  ) {
    this.#listener = listener
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('data', (bytes) => this.#read(bytes))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#close(false))
    const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : ''
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}${headers}\r\n${body}`)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  cutAfter(bytes: number): void {
    this.#budget = bytes
    if (bytes === 0) this.#cut()
  }

  #cut(isWhole = false): void {
    this.#socket.resetAndDestroy()
    this.#close(isWhole)
  }

  /** The response has come to its end. */
  #end(): void {
    if (this.#refusal) this.#listener.refused?.(this.#refusal.status, this.#refusal.body)
    this.#cut(true)
  }

  #close(isWhole: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#listener.closed(isWhole)
  }

  #read(bytes: Buffer): void {
    if (this.#isClosed) return
    const allowed = bytes.subarray(0, this.#budget)
    this.#budget -= allowed.length
    this.#rest = Buffer.concat([this.#rest, allowed])
    try {
      this.#parse()
    } catch (error) {
      this.#listener.broken(String(error))
    }
    if (this.#budget === 0) this.#cut()
  }

  #parse(): void {
    if (!this.#isInBody) {
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = this.#rest.subarray(0, end).toString('latin1')
      // It may be closing, or its bus not be there: it is come back to.
      if (head.startsWith('HTTP/1.1 503 ') && !this.#listener.refused) {
        this.#cut()
        return
      }
      if (!head.startsWith('HTTP/1.1 200 ')) {
        if (!this.#listener.refused) throw new Error(head)
        this.#refusal = { status: Number(head.slice(9, 12)), body: '' }
        if (this.#refusal.status === 204) {
          this.#end()
          return
        }
      }
      this.#rest = this.#rest.subarray(end + 4)
      this.#isInBody = true
    }
    // RFC 9112 section 7.1: size in hexadecimal, line break, data, line break.
    for (;;) {
      if (this.#dataLeft > 0) {
        const data = this.#rest.subarray(0, this.#dataLeft)
        if (data.length === 0) return
        this.#dataLeft -= data.length
        this.#rest = this.#rest.subarray(data.length)
        const text = this.#decoder.decode(data, { stream: true })
        if (this.#refusal) this.#refusal.body += text
        else this.#parser.feed(text)
        this.#isAfterData = this.#dataLeft === 0
        continue
      }
      const lineEnd = this.#rest.indexOf('\r\n')
      if (lineEnd < 0) return
      const line = this.#rest.subarray(0, lineEnd).toString('latin1')
      if (this.#isAfterData ? line !== '' : !/^[\da-f]+$/.test(line)) throw new Error(`no chunk: ${line}`)
      this.#rest = this.#rest.subarray(lineEnd + 2)
      if (!this.#isAfterData) {
        this.#dataLeft = Number.parseInt(line, 16)
        // The last chunk: the answer is over, though the connection would be kept alive for another.
        if (this.#dataLeft === 0) {
          this.#end()
          return
        }
      }
      this.#isAfterData = false
    }
  }
}
