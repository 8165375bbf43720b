import fc from 'fast-check'
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import * as classic from 'zod'
import * as mini from 'zod/mini'
import * as codecs from './codecs.js'
import * as miniCodecs from './mini-codecs.js'
import { payloadCodec } from './payload-codec.js'
import type { Schema } from './types/schema.js'

/** What is left of a value after its way as JSON text. */
function sent(schema: Schema, value: unknown): unknown {
  const payload = payloadCodec(schema)
  return payload.decode(JSON.parse(JSON.stringify(payload.encode(value, 'the value'))), 'the value')
}

const encode = (schema: Schema, value: unknown) => payloadCodec(schema).encode(value, 'the value')
const decode = (schema: Schema, json: unknown) => payloadCodec(schema).decode(json, 'the value')

const misfit = (code: string) => expect.objectContaining({ name: 'TidingsError', code })

// The schemas below are made with what both spell alike, so that one type serves for both.
describe.each([
  ['zod', classic, codecs],
  ['zod/mini', mini as unknown as typeof classic, miniCodecs as unknown as typeof codecs],
])('in a schema of %s', (_name, z, { bigint, bytes, isoDate, map, set, url }) => {
  describe('isoDate', () => {
    test.each([
      ['now', new Date(1_700_000_000_123), '2023-11-14T22:13:20.123Z'],
      ['the epoch', new Date(0), '1970-01-01T00:00:00.000Z'],
      ['a year before Christ', new Date(-62_198_755_200_000), '-000001-01-01T00:00:00.000Z'],
      ['a year of five digits', new Date(253_402_300_800_000), '+010000-01-01T00:00:00.000Z'],
      ['the first there is', new Date(-8.64e15), '-271821-04-20T00:00:00.000Z'],
      ['the last there is', new Date(8.64e15), '+275760-09-13T00:00:00.000Z'],
    ])('carries %s', (_which, date, wire) => {
      const schema = z.object({ at: isoDate })
      expect(encode(schema, { at: date })).toEqual({ at: wire })
      expect(sent(schema, { at: date })).toEqual({ at: date })
    })

    test('carries any date', () => {
      fc.assert(
        fc.property(fc.date({ noInvalidDate: true }), (date) => {
          expect(sent(z.array(isoDate), [date])).toEqual([date])
        }),
        { numRuns: 200 },
      )
    })

    test('refuses to send an invalid date', () => {
      expect(() => encode(z.object({ at: isoDate }), { at: new Date(Number.NaN) })).toThrow(
        misfit('invalid_output'),
      )
    })

    test.each([
      ['an offset', '2024-02-29T12:00:00+02:00', '2024-02-29T10:00:00.000Z'],
      ['no seconds', '2024-02-29T12:00Z', '2024-02-29T12:00:00.000Z'],
      ['microseconds', '2024-02-29T12:00:00.123456Z', '2024-02-29T12:00:00.123Z'],
    ])('decodes text of other writers: %s', (_what, wire, instant) => {
      expect(decode(isoDate, wire)).toEqual(new Date(instant))
    })

    test.each([
      '2024-02-29',
      '2024-02-29T12:00:00',
      '2023-02-29T12:00:00Z',
      '2024-02-30T12:00:00Z',
      '2024-04-31T12:00:00Z',
      '+012024-02-31T12:00:00Z',
      '2024-13-01T12:00:00Z',
      '2024-02-29T25:00:00Z',
      '-000000-01-01T00:00:00Z',
      '2024-02-29 12:00:00Z',
      'yesterday',
      '',
      '0',
      0,
      null,
    ])('refuses to decode %j', (wire) => {
      expect(() => decode(isoDate, wire)).toThrow(misfit('invalid_input'))
    })
  })

  describe('bigint', () => {
    test.each([
      ['zero', 0n],
      ['a negative one', -1n],
      ['one past what a number holds', 9_007_199_254_740_993n],
      ['a huge one', 7n ** 400n],
      ['a huge negative one', -(7n ** 400n)],
    ])('carries %s', (_which, value) => {
      expect(encode(z.object({ id: bigint }), { id: value })).toEqual({ id: value.toString() })
      expect(sent(z.object({ id: bigint }), { id: value })).toEqual({ id: value })
    })

    test('carries any value', () => {
      fc.assert(
        fc.property(fc.bigInt(), (value) => {
          expect(sent(z.array(bigint), [value])).toEqual([value])
        }),
        { numRuns: 200 },
      )
    })

    // BigInt() itself would take the first five of them.
    test.each(['', ' 1', '0x10', '0b1', '+1', '1.0', '1e3', '1n', '--1', '1\n', 1, true, null])(
      'refuses to decode %j',
      (wire) => {
        expect(() => decode(bigint, wire)).toThrow(misfit('invalid_input'))
      },
    )

    test.each([10n ** 4095n, -(10n ** 4095n)])('carries one of 4,096 digits', (value) => {
      expect(sent(bigint, value)).toBe(value)
    })

    test.each([10n ** 4096n, -(10n ** 4096n)])('refuses to send one of 4,097 digits', (value) => {
      expect(() => encode(bigint, value)).toThrow(
        expect.objectContaining({
          code: 'invalid_output',
          issues: [{ path: [], code: 'invalid_format', message: 'Invalid integer: more than 4,096 digits' }],
        }),
      )
    })

    test.each(['9'.repeat(4097), `-${'9'.repeat(4097)}`, '0'.repeat(900_000)])(
      'refuses to read more than 4,096 digits',
      (wire) => {
        expect(() => decode(bigint, wire)).toThrow(
          expect.objectContaining({
            code: 'invalid_input',
            issues: [
              { path: [], code: 'invalid_format', message: 'Invalid integer: more than 4,096 digits' },
            ],
          }),
        )
      },
    )

    test('refuses to send a number', () => {
      expect(() => encode(bigint, 1)).toThrow(misfit('invalid_output'))
    })
  })

  describe('bytes', () => {
    test.each([
      ['none', Uint8Array.of()],
      ['one', Uint8Array.of(255)],
      ['each there is', Uint8Array.from({ length: 256 }, (_, index) => index)],
      ['a part of a larger buffer', new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)],
      ['300 kB', Uint8Array.from({ length: 300_000 }, (_, index) => index % 251)],
    ])('carries %s', (_which, value) => {
      expect(sent(z.object({ file: bytes }), { file: value })).toEqual({ file: Uint8Array.from(value) })
    })

    test('carries any value', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 40 }), (value) => {
          expect(sent(z.array(bytes), [value])).toEqual([value])
        }),
        { numRuns: 200 },
      )
    })

    test('encodes a Buffer of Node and decodes a plain Uint8Array', () => {
      const { Buffer } = globalThis as unknown as { Buffer: { from(text: string): Uint8Array } }
      expect(encode(bytes, Buffer.from('hi'))).toBe('aGk=')
      const arrived = sent(bytes, Buffer.from('hi'))
      expect(arrived).toEqual(Uint8Array.of(104, 105))
      expect((arrived as object).constructor).toBe(Uint8Array)
    })

    test.each(['a', 'ab=', 'a b=', 'aGk', 'aGk*', 'aGk=\n', 'ü===', 5, null, [104]])(
      'refuses to decode %j',
      (wire) => {
        expect(() => decode(bytes, wire)).toThrow(misfit('invalid_input'))
      },
    )

    test.each([
      ['an ArrayBuffer', new ArrayBuffer(2)],
      ['an array of numbers', [1, 2]],
      ['text', 'aGk='],
    ])('refuses to send %s', (_what, value) => {
      expect(() => encode(bytes, value)).toThrow(misfit('invalid_output'))
    })
  })

  describe('url', () => {
    test.each([
      'https://example.org/',
      'https://user:secret@example.org:8443/a%20b/ü?q=1&q=2#part',
      'data:text/plain,hi',
      'file:///etc/hosts',
    ])('carries %s', (text) => {
      const arrived = sent(z.object({ link: url }), { link: new URL(text) }) as { link: URL }
      expect(arrived.link).toBeInstanceOf(URL)
      expect(arrived.link.href).toBe(new URL(text).href)
    })

    test.each(['', 'example.org', '/path', 'http://', 5, null])('refuses to decode %j', (wire) => {
      expect(() => decode(url, wire)).toThrow(misfit('invalid_input'))
    })

    test('decodes without URL.canParse, which React Native does not have', () => {
      vi.stubGlobal('URL', Object.assign(class extends URL {}, { canParse: undefined }))
      onTestFinished(() => void vi.unstubAllGlobals())
      expect(decode(url, 'https://example.org/')).toMatchObject({ href: 'https://example.org/' })
      expect(() => decode(url, '/path')).toThrow(misfit('invalid_input'))
    })

    test('refuses to send the text of a URL', () => {
      expect(() => encode(url, 'https://example.org/')).toThrow(misfit('invalid_output'))
    })
  })

  describe('map', () => {
    test('carries keys and values of other codecs', () => {
      const schema = z.object({ byDay: map(isoDate, bigint) })
      const value = { byDay: new Map([[new Date(0), 1n] as const, [new Date(8.64e7), 2n] as const]) }
      expect(encode(schema, value)).toEqual({
        byDay: [
          ['1970-01-01T00:00:00.000Z', '1'],
          ['1970-01-02T00:00:00.000Z', '2'],
        ],
      })
      expect(sent(schema, value)).toEqual(value)
    })

    test('carries maps and sets inside maps in order, and an empty map', () => {
      const schema = map(z.string(), map(z.number(), set(isoDate)))
      const value = new Map([
        ['z', new Map([[2, new Set([new Date(2), new Date(1)])]])],
        ['a', new Map()],
      ])
      const arrived = sent(schema, value) as typeof value
      expect(arrived).toEqual(value)
      expect([...arrived.keys()]).toEqual(['z', 'a'])
      expect([...(arrived.get('z')?.get(2) ?? [])]).toEqual([new Date(2), new Date(1)])
    })

    test('carries any map, whatever its keys', () => {
      const entries = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.bigInt()), { maxLength: 5 })
      fc.assert(
        fc.property(entries, (pairs) => {
          expect(sent(map(z.string(), bigint), new Map(pairs))).toEqual(new Map(pairs))
        }),
        { numRuns: 100 },
      )
    })

    test('drops unknown keys of its values', () => {
      const schema = map(z.string(), z.object({ name: z.string() }))
      const person = { name: 'ada', password: 'secret' }
      expect(encode(schema, new Map([['a', person]]))).toEqual([['a', { name: 'ada' }]])
    })

    test.each([
      ['pairs', [['a', 1]]],
      ['an object', { a: 1 }],
      ['a set', new Set(['a'])],
      ['a map with another value', new Map([['a', 'b']])],
      ['a map with another key', new Map([[1, 1]])],
    ])('refuses to send %s', (_what, value) => {
      expect(() => encode(map(z.string(), z.number()), value)).toThrow(misfit('invalid_output'))
    })

    test.each([[{}], [[['a']]], [[['a', 1, 2]]], [['a', 1]], ['a']])('refuses to decode %j', (wire) => {
      expect(() => decode(map(z.string(), z.number()), wire)).toThrow(misfit('invalid_input'))
    })
  })

  describe('set', () => {
    test('carries items of other codecs', () => {
      const schema = z.object({ seen: set(bigint) })
      expect(encode(schema, { seen: new Set([3n, 1n]) })).toEqual({ seen: ['3', '1'] })
      expect(sent(schema, { seen: new Set([3n, 1n]) })).toEqual({ seen: new Set([3n, 1n]) })
    })

    test('carries any set', () => {
      fc.assert(
        fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (items) => {
          expect(sent(set(z.string()), new Set(items))).toEqual(new Set(items))
        }),
        { numRuns: 100 },
      )
    })

    test.each([
      ['an array', ['a']],
      ['a map', new Map()],
      ['a set of others', new Set([1])],
    ])('refuses to send %s', (_what, value) => {
      expect(() => encode(set(z.string()), value)).toThrow(misfit('invalid_output'))
    })
  })
})

test('the path of an issue inside a map or set leads to the pair or item', () => {
  const schema = classic.object({
    scores: codecs.map(classic.string(), classic.object({ points: classic.number() })),
  })
  expect(() => encode(schema, { scores: new Map([['ada', { points: 'many' }]]) })).toThrow(
    expect.objectContaining({ issues: [expect.objectContaining({ path: ['scores', 0, 1, 'points'] })] }),
  )
})

test('codecs have the types of decoded values', () => {
  expectTypeOf<classic.output<typeof codecs.isoDate>>().toEqualTypeOf<Date>()
  const schema = codecs.map(codecs.isoDate, codecs.set(codecs.bigint))
  expectTypeOf<classic.output<typeof schema>>().toEqualTypeOf<Map<Date, Set<bigint>>>()
  const ofMini = miniCodecs.map(miniCodecs.isoDate, miniCodecs.set(miniCodecs.bigint))
  expectTypeOf<classic.output<typeof ofMini>>().toEqualTypeOf<Map<Date, Set<bigint>>>()
})

describe('codecs have the methods of a zod schema', () => {
  const { bigint, bytes, isoDate, map, set, url } = codecs
  const day = new Date(8.64e7)

  test.each<[string, classic.ZodType, unknown]>([
    ['isoDate', isoDate, day],
    ['bigint', bigint, 5n],
    ['bytes', bytes, Uint8Array.of(1)],
    ['url', url, new URL('https://example.org')],
    ['map', map(classic.string(), isoDate), new Map([['a', day]])],
    ['set', set(bigint), new Set([1n])],
  ])('%s', (_name, codec, value) => {
    const schema = classic.object({
      optional: codec.optional(),
      nullable: codec.nullable().describe('when'),
      nullish: codec.nullish().meta({ title: 'when' }),
      list: codec.array(),
      fallback: codec.default(value),
    })
    const whole = {
      optional: value,
      nullable: value,
      nullish: value,
      list: [value],
      fallback: value,
    }
    expect(sent(schema, whole)).toEqual(whole)
    const least = { nullable: null, list: [], fallback: value }
    expect(sent(schema, least)).toEqual(least)
    expect(decode(schema, { nullable: null, list: [] })).toEqual(least)
  })

  test('with their types', () => {
    const schema = classic.object({
      at: isoDate.optional().describe('when'),
      n: bigint.nullable(),
      file: bytes.default(Uint8Array.of()),
      link: url.meta({ title: 'a link' }),
      days: map(isoDate, bigint).optional(),
      tags: set(classic.string()).nullish(),
    })
    expectTypeOf<classic.output<typeof schema>>().toEqualTypeOf<{
      at?: Date | undefined
      n: bigint | null
      file: Uint8Array
      link: URL
      days?: Map<Date, bigint> | undefined
      tags?: Set<string> | null | undefined
    }>()
  })

  test('and refine decoded values on both sides', () => {
    const past = isoDate.refine((date) => date.getTime() <= 0, 'Not in the past')
    expect(sent(past, new Date(0))).toEqual(new Date(0))
    expect(() => encode(past, day)).toThrow(misfit('invalid_output'))
    expect(() => decode(past, day.toISOString())).toThrow(misfit('invalid_input'))
  })
})
