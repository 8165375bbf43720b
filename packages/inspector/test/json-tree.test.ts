import { describe, expect, it } from 'vitest'
import { formatJsonTree, parseJsonTree } from '../page/live/json-tree.js'

/** Reads a text, and writes it without its spaces. */
function rewritten(text: string): string | undefined {
  const node = parseJsonTree(text)
  return node && formatJsonTree(node).replace(/\n */g, '')
}

describe('a JSON text as a tree', () => {
  it('keeps keys in their order, numbers as they are written, and repeated keys', () => {
    const text = '{"b": 1,"2": 12345678901234567890,"1": 1.50,"b": -0.0e+10,"": null}'
    expect(rewritten(text)).toBe(text)
    expect(JSON.stringify(JSON.parse(text))).not.toBe(text)
  })

  it.each([
    '[]',
    '{}',
    '""',
    'true',
    '-0',
    '[[],{},[null,false]]',
    '"a\\"b\\\\"',
    '"é\u2028😀"',
    '{"__proto__": {"a": 1}}',
  ])('reads %s', (text) => {
    expect(rewritten(text)).toBe(text)
  })

  it('reads what JSON.parse reads of any text, and nothing else', () => {
    const texts = [
      '',
      ' ',
      '{',
      '[1,]',
      '{"a"}',
      '{a: 1}',
      '01',
      '1.',
      '+1',
      'tru',
      '"\n"',
      '"\\x"',
      '1 2',
      '[1 2]',
      'NaN',
      '"',
      '{"a":1,}',
      ' [ 1 , 2 ] ',
      '"\\u00e9"',
      '1E5',
    ]
    for (const text of texts) expect([text, rewritten(text) !== undefined]).toEqual([text, parses(text)])
  })

  it('does not read a text that is nested so deeply that the page would overflow', () => {
    expect(parseJsonTree(`${'['.repeat(600)}${']'.repeat(600)}`)).toBeUndefined()
    expect(parseJsonTree('['.repeat(100_000))).toBeUndefined()
    expect(parseJsonTree(`${'['.repeat(400)}${']'.repeat(400)}`)).toBeDefined()
  })
})

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
