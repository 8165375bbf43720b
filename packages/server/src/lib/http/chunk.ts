import { utf8Length } from '../runtime/utf8.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

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

  /** @param byteLength the text's length in UTF-8, which is counted by default */
  constructor(text: string, byteLength: number = utf8Length(text)) {
    this.#content = text
    this.byteLength = byteLength
  }

  /** Returns one chunk with the contents of several. */
  static join(chunks: readonly Chunk[]): Chunk {
    let text = ''
    let byteLength = 0
    for (const chunk of chunks) {
      text += typeof chunk.#content === 'string' ? chunk.#content : decoder.decode(chunk.bytes)
      byteLength += chunk.byteLength
    }
    return new Chunk(text, byteLength)
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
