import { TidingsError } from '@tidings/core'

/** The longest event, in bytes. It bounds the memory for an event that does not end. */
const maxEventBytes = 16 * 1024 * 1024

const lineFeed = 10
const carriageReturn = 13

/** The part of a `ReadableStreamDefaultReader` that reads events. */
export interface ByteReader {
  read(): Promise<ReadableStreamReadResult<Uint8Array>>
}

/**
 * Returns a reader that cancels an event stream at an event that is too long.
 *
 * @throws TidingsError `invalid_response` for an event that is too long
 */
export function boundedReader(body: ReadableStream<Uint8Array>): ByteReader {
  const reader = body.getReader()
  /** Bytes since the last blank line, which ends an event. */
  let length = 0
  let last = 0
  return {
    async read() {
      const result = await reader.read()
      const bytes = result.value
      if (!bytes) return result
      const end = endOfEvents(bytes, last)
      length = end === undefined ? length + bytes.length : bytes.length - end
      last = bytes.at(-1) ?? last
      if (length <= maxEventBytes) return result
      const message = `The server sent an event that is too long: ${length} bytes, and the limit is ${maxEventBytes}`
      const problem = new TidingsError({ code: 'invalid_response', message })
      reader.cancel(problem).catch(() => {})
      throw problem
    },
  }
}

/**
 * Returns the offset after a chunk's last blank line, which is mostly its end. `before` is the byte before
 * the chunk.
 */
function endOfEvents(bytes: Uint8Array, before: number): number | undefined {
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    if (!isLineEnd(bytes[at])) continue
    const previous = at > 0 ? bytes[at - 1] : before
    // CR LF is one line end.
    const isPair = previous === carriageReturn && bytes[at] === lineFeed
    if (isLineEnd(previous) && !isPair) return at + 1
  }
  return undefined
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn
}
