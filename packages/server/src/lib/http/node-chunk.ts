import type { Chunk } from './chunk.js'

/**
 * Returns the bytes of a chunk with the framing of HTTP/1.1's chunked transfer coding (RFC 9112 section 7.1). They are
 * made once, so that a thousand connections do not frame a chunk a thousand times.
 */
export function framedBytes(chunk: Chunk): Uint8Array {
  chunk.framed ??= Buffer.from(`${chunk.byteLength.toString(16)}\r\n${chunk.text}\r\n`)
  return chunk.framed
}

/** Returns the bytes of a chunk without framing. */
export function plainBytes(chunk: Chunk): Uint8Array {
  return framedBytes(chunk).subarray(-2 - chunk.byteLength, -2)
}
