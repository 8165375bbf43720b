import { expect, test } from 'vitest'
import { sha256 } from './sha256.js'

test('hashes as WebCrypto does, at each length around the end of a block', async () => {
  const texts = ['', 'abc', 'ä€😀', 'a'.repeat(100_000)]
  for (let length = 50; length <= 130; length += 1) texts.push('b'.repeat(length))
  for (const text of texts) {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
    const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)))
    expect(sha256(text)).toBe(base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
  }
})
