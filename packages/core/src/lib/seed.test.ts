import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { isoDate, map } from './codecs.js'
import { channel } from './procedure.js'
import { parseSeed, type Seed, type SeedOf, serializeSeed } from './seed.js'

const room = channel({
  params: { roomId: z.string() },
  snapshot: z.object({ text: z.string(), sentAt: isoDate, votes: map(z.string(), z.number()) }),
  events: { closed: undefined },
})
const value = { text: 'hi', sentAt: new Date(5), votes: new Map([['ada', 1]]) }
const seed = { value, cursor: 'k3-_9.12' }

const error = (code: string, message: string | RegExp) =>
  expect.objectContaining({ name: 'TidingsError', code, message: expect.stringMatching(message) })

describe('a serialized seed', () => {
  test('is parsed as what it was, through the codecs', () => {
    expect(parseSeed(room, serializeSeed(room, seed))).toEqual(seed)
  })

  test('contains no keys that the schema does not declare', () => {
    const text = serializeSeed(room, { ...seed, value: { ...value, secret: 'key' } as typeof value })
    expect(text).not.toContain('secret')
  })

  test('cannot end a script element, begin a comment or break a line of JavaScript', () => {
    const evil = fc.array(
      fc.constantFrom(
        '</script>',
        '<script',
        '<!--',
        '-->',
        ']]>',
        '&lt;',
        '\u2028',
        '\u2029',
        '\n',
        '"',
        '\\',
        'a',
      ),
    )
    fc.assert(
      fc.property(evil, (parts) => {
        const text = parts.join('')
        const serialized = serializeSeed(room, { ...seed, value: { ...value, text } })
        expect(serialized).not.toMatch(/[<>&\u2028\u2029\n]/)
        expect(parseSeed(room, serialized).value.text).toBe(text)
      }),
    )
  })

  test('is refused if its value does not fit the snapshot', () => {
    const misfit = { ...seed, value: { ...value, text: 1 as unknown as string } }
    expect(() => serializeSeed(room, misfit)).toThrow(
      error('invalid_output', /^The value of the seed .*text/),
    )
  })
})

describe('parsing a seed refuses', () => {
  test.each([
    ['text that is not JSON', '{"cursor"', /^The seed is not JSON/],
    ['null', 'null', /^The seed has the cursor undefined/],
    ['another cursor', '{"cursor":"x","value":{}}', /^The seed has the cursor "x", which is not a position/],
    ['a number for a cursor', '{"cursor":1,"value":{}}', /^The seed has the cursor 1,/],
    [
      'the value of another schema',
      '{"cursor":"a.1","value":{"text":"hi"}}',
      /^The value of the seed .*sentAt/,
    ],
  ])('%s', (_what, text, message) => {
    expect(() => parseSeed(room, text)).toThrow(error('invalid_response', message))
  })

  test('a channel without a snapshot', () => {
    const ticks = channel({ events: { tick: z.number() } })
    // @ts-expect-error: it has no snapshot
    expect(() => parseSeed(ticks, '{"cursor":"a.1"}')).toThrow(error('invalid_options', /contract\.room/))
    // @ts-expect-error: it has no snapshot
    expect(() => serializeSeed(ticks, { cursor: 'a.1', value: {} })).toThrow(
      error('invalid_options', /contract\.room/),
    )
  })
})

test('a seed has the type of the snapshot', () => {
  type Value = { text: string; sentAt: Date; votes: Map<string, number> }
  expectTypeOf<SeedOf<typeof room>>().toEqualTypeOf<Seed<Value>>()
  expectTypeOf(parseSeed(room, serializeSeed(room, seed))).toEqualTypeOf<Seed<Value>>()
  // @ts-expect-error: the date is missing
  expect(() => serializeSeed(room, { cursor: 'a.1', value: { text: '' } })).toThrow('sentAt')
})
