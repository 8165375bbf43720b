import type { Chunk, Frame } from './chunk.js'

/**
 * Returns the bytes of a chunk with the framing of HTTP/1.1's chunked transfer coding. They are made once, so that a
 * thousand connections do not frame a chunk a thousand times.
 */
export function framedBytes(chunk: Chunk): Uint8Array {
  return chunk.framed(frame)
}

const frame: Frame = (content, byteLength) => {
  const head = `${byteLength.toString(16)}\r\n`
  return typeof content === 'string'
    ? Buffer.from(`${head}${content}\r\n`)
    : Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n')])
}
