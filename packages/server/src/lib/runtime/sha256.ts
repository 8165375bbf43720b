/** The part of `node:crypto` that is used. */
interface NodeCrypto {
  createHash(algorithm: 'sha256'): {
    update(text: string): { digest(encoding: 'base64url'): string }
  }
}

interface NodeGlobals {
  readonly process?: { getBuiltinModule?(name: 'node:crypto'): NodeCrypto | undefined }
}

/** Undefined until the first hash. */
let nodeCrypto: NodeCrypto | false | undefined

/**
 * Returns the SHA-256 hash of a text in base64url.
 *
 * WebCrypto only has a hash that takes a turn of the event loop, and some twenty times as long for short texts. So Node's
 * own is used where there is one.
 */
export function sha256(text: string): string | Promise<string> {
  // Not an import, which other runtimes could not load.
  nodeCrypto ??= (globalThis as NodeGlobals).process?.getBuiltinModule?.('node:crypto') ?? false
  return nodeCrypto ? nodeCrypto.createHash('sha256').update(text).digest('base64url') : webSha256(text)
}

/** {@link sha256} by WebCrypto. */
export async function webSha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)))
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
