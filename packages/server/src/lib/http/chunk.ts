/**
 * Encoded text that many connections share.
 *
 * It includes the framing of HTTP/1.1's chunked transfer coding (RFC 9112 section 7.1), so that a thousand
 * connections do not frame it a thousand times.
 */
export class Chunk {
  /** The bytes with their framing, for a socket. */
  readonly framed: Uint8Array
  /** The number of bytes without the framing. */
  readonly byteLength: number

  constructor(text: string) {
    this.byteLength = Buffer.byteLength(text)
    this.framed = Buffer.from(`${this.byteLength.toString(16)}\r\n${text}\r\n`)
  }

  /** The bytes without the framing. */
  get bytes(): Uint8Array {
    return this.framed.subarray(-2 - this.byteLength, -2)
  }
}
