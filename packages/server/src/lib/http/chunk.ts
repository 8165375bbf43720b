/**
 * Text on its way to sockets, as bytes that all who write it share.
 *
 * It is made with the framing of HTTP/1.1's chunked transfer coding around it (RFC 9112 section 7.1), so that a
 * thousand connections do not frame it a thousand times.
 */
export class Chunk {
  /** The bytes with their framing, for a socket. */
  readonly framed: Uint8Array
  /** How many they are without it. */
  readonly byteLength: number

  constructor(text: string) {
    this.byteLength = Buffer.byteLength(text)
    this.framed = Buffer.from(`${this.byteLength.toString(16)}\r\n${text}\r\n`)
  }

  /** The bytes alone, for whatever frames them itself. */
  get bytes(): Uint8Array {
    return this.framed.subarray(-2 - this.byteLength, -2)
  }
}
