import { expect, it } from 'vitest'
import { schemaAt } from './schema-names.js'

it('follows references to the root and to definitions, whatever characters their names have', () => {
  const root = { $defs: { 'a/b ü~': { type: 'string' }, plain: { type: 'number' } } }
  expect(schemaAt('#', root)).toBe(root)
  expect(schemaAt('#/$defs/plain', root)).toEqual({ type: 'number' })
  expect(schemaAt('#/$defs/a~1b%20%C3%BC~0', root)).toEqual({ type: 'string' })
})

it.each(['#/$defs/missing', '#/$defs/toString', '#/$defs/%E0%A4%A', '#/properties/a', 'https://example.org'])(
  'finds nothing at %s',
  (ref) => {
    expect(schemaAt(ref, { $defs: {} })).toBeUndefined()
    expect(schemaAt(ref, {})).toBeUndefined()
  },
)
