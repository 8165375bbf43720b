import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatCursor, parseCursor } from './cursor.js'

test('a cursor is parsed as it was formatted', () => {
  const epoch = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
  const seq = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER))
  fc.assert(
    fc.property(epoch, seq, (epoch, seq) => {
      const text = formatCursor({ epoch, seq })
      expect(parseCursor(text)).toEqual({ epoch, seq })
      // Cursors occur in `id:` lines, headers and query strings.
      expect(text).toMatch(/^[\w.-]+$/)
    }),
    { numRuns: 200 },
  )
})

test('a cursor is its epoch, a dot and its seq', () => {
  expect(formatCursor({ epoch: 'k3-_9', seq: 12 })).toBe('k3-_9.12')
})

test.each([
  ['nothing', ''],
  ['a dot', '.'],
  ['no epoch', '.1'],
  ['no seq', 'a.'],
  ['no dot', 'a1'],
  ['two dots', 'a.1.2'],
  ['an epoch with a dot', 'a.b.1'],
  ['a negative seq', 'a.-1'],
  ['a seq with a sign', 'a.+1'],
  ['a seq with leading zeros', 'a.01'],
  ['a seq with a fraction', 'a.1.5'],
  ['a seq in hexadecimal', 'a.0x1'],
  ['a seq in exponents', 'a.1e3'],
  ['a seq that is not a number', 'a.b'],
  ['a seq past what a number holds', 'a.9007199254740992'],
  ['a seq of seventeen digits', 'a.10000000000000000'],
  ['digits of another script', 'a.١'],
  ['a space before it', ' a.1'],
  ['a space behind it', 'a.1 '],
  ['a line break behind it', 'a.1\n'],
  ['a line break within', 'a\n.1'],
  ['NUL', 'a\0.1'],
  ['an epoch of 65 characters', `${'a'.repeat(65)}.1`],
  ['an epoch with a letter beyond ASCII', 'ä.1'],
])('%s is not a cursor', (_what, text) => {
  expect(parseCursor(text)).toBeUndefined()
})
