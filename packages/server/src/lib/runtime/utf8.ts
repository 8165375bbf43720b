/** Returns the length of a text in UTF-8, in bytes. */
export function utf8Length(text: string): number {
  const { Buffer } = globalThis as { Buffer?: { byteLength(text: string): number } }
  return Buffer ? Buffer.byteLength(text) : countUtf8(text)
}

/** {@link utf8Length} without Node's `Buffer`. */
export function countUtf8(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code < 0x80) continue
    bytes += code < 0x800 ? 1 : 2
    // A surrogate pair is two units of 16 bits, and four bytes. A lone surrogate is encoded as U+FFFD: three bytes.
    if (code >= 0xd800 && code < 0xdc00 && isLowSurrogate(text.charCodeAt(at + 1))) at += 1
  }
  return bytes
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000
}
