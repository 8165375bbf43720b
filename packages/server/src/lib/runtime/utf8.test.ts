import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countUtf8, utf8Length } from './utf8.js'

it.each([
  ['', 0],
  ['\u007f', 1],
  ['\u0080', 2],
  ['\u07ff', 2],
  ['\u0800', 3],
  ['\uffff', 3],
  ['😀', 4],
  ['\udbff\udfff', 4],
  ['\udbff\ue000', 6],
  ['\ud800', 3],
  ['\udc00', 3],
  ['\ud800\ud800', 6],
  ['\udc00\ud800', 6],
  ['\ud800a', 4],
])('counts the bytes of %j', (text, bytes) => {
  expect(countUtf8(text)).toBe(bytes)
  expect(utf8Length(text)).toBe(bytes)
})

it('counts the bytes that TextEncoder writes', () => {
  const units = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd7f0, max: 0xe010 })))
  fc.assert(
    fc.property(units, (codes) => {
      const text = String.fromCharCode(...codes)
      expect(countUtf8(text)).toBe(new TextEncoder().encode(text).length)
    }),
  )
})
