/**
 * Text on its way to sockets, as bytes that all who write it share.
 *
 * It is made with the framing of HTTP/1.1's chunked transfer coding around it (RFC 9112 section 7.1), so that a
 * thousand connections do not frame it a thousand times.
 */
export class Chunk {
  /** The bytes with their framing, for a socket. */
  readonly framed: Buffer
  readonly #start: number

  constructor(text: string) {
    const size = Buffer.byteLength(text).toString(16)
    this.framed = Buffer.from(`${size}\r\n${text}\r\n`)
    this.#start = size.length + 2
  }

  get byteLength(): number {
    return this.framed.byteLength - this.#start - 2
  }

  /** The bytes alone, for whatever frames them itself. */
  get bytes(): Buffer {
    return this.framed.subarray(this.#start, -2)
  }
}
