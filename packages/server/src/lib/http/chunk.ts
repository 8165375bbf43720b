import { utf8Length } from '../runtime/utf8.js'

const encoder = new TextEncoder()

/** The bytes of a chunk in HTTP/1.1's chunked transfer coding (RFC 9112 section 7.1), from its text or its bytes. */
export type Frame = (content: string | Uint8Array, byteLength: number) => Uint8Array

/**
 * Encoded text that many connections share. Its bytes are made once, for a thousand connections, and replace the text:
 * a chunk may wait long for a slow client.
 */
export class Chunk {
  /** The number of {@link bytes}. */
  readonly byteLength: number
  #content: string | Uint8Array
  #isFramed = false

  constructor(text: string) {
    this.#content = text
    this.byteLength = utf8Length(text)
  }

  /** The text in UTF-8. */
  get bytes(): Uint8Array {
    if (typeof this.#content === 'string') this.#content = encoder.encode(this.#content)
    // Between the size and the line break that ends a chunk of the transfer coding.
    return this.#isFramed ? this.#content.subarray(-2 - this.byteLength, -2) : this.#content
  }

  /** Returns the bytes with their framing, which `frame` makes on the first call. */
  framed(frame: Frame): Uint8Array {
    if (!this.#isFramed || typeof this.#content === 'string') {
      this.#content = frame(this.#content, this.byteLength)
      this.#isFramed = true
    }
    return this.#content
  }
}
