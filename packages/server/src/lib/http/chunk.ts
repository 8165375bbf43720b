import { utf8Length } from '../runtime/utf8.js'

const encoder = new TextEncoder()

/** Encoded text that many connections share. Each form of its bytes is made once, for a thousand connections. */
export class Chunk {
  readonly text: string
  /** The number of {@link bytes}. */
  readonly byteLength: number
  /** The bytes as the Node adapters write them to a socket; see `framedBytes`. Undefined until then. */
  framed: Uint8Array | undefined = undefined
  #bytes: Uint8Array | undefined = undefined

  constructor(text: string) {
    this.text = text
    this.byteLength = utf8Length(text)
  }

  /** The text in UTF-8. */
  get bytes(): Uint8Array {
    this.#bytes ??= encoder.encode(this.text)
    return this.#bytes
  }
}
