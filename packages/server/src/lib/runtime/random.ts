/** The characters of base64url. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Returns characters of base64url with 6 random bits each, from a source that attackers cannot predict. The
 * first is a letter with 5 random bits, because a command line takes an argument that begins with `-` for an
 * option.
 */
export function randomName(length: number): string {
  let name = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) name += alphabet[byte & (name ? 63 : 31)]
  return name
}

/** Returns 32 random bits, from a source that attackers cannot predict. */
export function randomUint32(): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1))
  return value
}
