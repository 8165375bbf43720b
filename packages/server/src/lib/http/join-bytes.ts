/** Joins byte arrays. A single one is returned as it is. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [first, ...rest] = parts
  if (first && rest.length === 0) return first
  let length = 0
  for (const part of parts) length += part.byteLength
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.byteLength
  }
  return joined
}
