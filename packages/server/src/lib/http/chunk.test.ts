import { expect, it } from 'vitest'
import { Chunk } from './chunk.js'
import { framedBytes } from './node-chunk.js'

const text = 'data: ä€😀\n\n'
const bytes = new TextEncoder().encode(text)
const framed = new TextEncoder().encode(`11\r\n${text}\r\n`)

it.each([
  ['bytes, then framed', ['bytes', 'framed', 'bytes', 'framed']],
  ['framed, then bytes', ['framed', 'bytes', 'framed', 'bytes']],
] as const)('gives both forms of its text: %s', (_order, forms) => {
  const chunk = new Chunk(text)
  expect(chunk.byteLength).toBe(17)
  for (const form of forms) {
    if (form === 'bytes') expect([...chunk.bytes]).toEqual([...bytes])
    else expect([...framedBytes(chunk)]).toEqual([...framed])
  }
})

it('encodes its text once for all connections', () => {
  const [plain, onSocket] = [new Chunk(text), new Chunk(text)]
  expect(plain.bytes).toBe(plain.bytes)
  expect(framedBytes(onSocket)).toBe(framedBytes(onSocket))
})
