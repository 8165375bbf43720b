import { expect, it } from 'vitest'
import { sha256, webSha256 } from './sha256.js'

// FIPS 180-2, appendix B.1
const abc = 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'

it('hashes at once with the crypto of Node', () => {
  expect(sha256('abc')).toBe(abc)
})

it.each(['', 'abc', 'ä€😀', 'a'.repeat(100_000)])('hashes text the same with WebCrypto', async (text) => {
  expect(await webSha256('abc')).toBe(abc)
  expect(await webSha256(text)).toBe(sha256(text))
})
