import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as classic from 'zod'
import * as mini from 'zod/mini'
import { bigint, isoDate } from './codecs.js'
import { isTidingsError, type TidingsError } from './error.js'
import { payloadCodec } from './payload-codec.js'
import type { Schema } from './types/schema.js'

const encode = (schema: Schema, value: unknown) => payloadCodec(schema).encode(value, 'the value')
const decode = (schema: Schema, json: unknown) => payloadCodec(schema).decode(json, 'the value')

/** What is left of a value after its way as JSON text. */
function sent(schema: Schema, value: unknown): unknown {
  return decode(schema, JSON.parse(JSON.stringify(encode(schema, value))))
}

function errorOf(attempt: () => unknown): TidingsError {
  try {
    attempt()
  } catch (error) {
    if (isTidingsError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

// The schemas below are made with what both spell alike, so that one type serves for both.
describe.each([
  ['zod', classic],
  ['zod/mini', mini as unknown as typeof classic],
])('a payload of %s', (_name, z) => {
  const celsius = z.codec(z.string(), z.number(), {
    decode: (text) => Number.parseFloat(text),
    encode: (degrees) => `${degrees} °C`,
  })

  describe('arrives as it was sent', () => {
    const Tree = z.object({
      at: isoDate,
      get children() {
        return z.array(Tree)
      },
    })
    interface Linked {
      value: bigint
      next: Linked | null
    }
    const List: classic.ZodType<Linked> = z.lazy(() =>
      z.object({ value: bigint as unknown as classic.ZodType<bigint>, next: z.nullable(List) }),
    )
    const day = new Date(8.64e7)

    const cases: Record<string, [schema: Schema, ...values: unknown[]]> = {
      'a string': [z.string(), '', 'hi', '\u0000\u2028\r\n', '\ud800', '👋🏽'],
      'a number': [z.number(), 0, 1.5, -1e300, Number.MAX_SAFE_INTEGER],
      'a boolean': [z.boolean(), true, false],
      null: [z.null(), null],
      'a codec of one’s own': [z.object({ degrees: celsius }), { degrees: 21.5 }],
      'a nested object': [
        z.object({ a: z.object({ b: z.object({ at: isoDate }) }) }),
        { a: { b: { at: day } } },
      ],
      'an array': [z.array(z.array(isoDate)), [], [[day], [], [day, day]]],
      'a tuple': [z.tuple([z.string(), isoDate]), ['a', day]],
      'a tuple with a rest': [z.tuple([z.string()], isoDate), ['a'], ['a', day, day]],
      'a record': [z.record(z.string(), bigint), {}, { a: 1n, 'b c': 2n }],
      'a record with keys of an enum': [z.record(z.enum(['a', 'b']), bigint), { a: 1n, b: 2n }],
      'a partial record': [z.partialRecord(z.enum(['a', 'b']), bigint), { b: 2n }, {}],
      'a union of codecs': [z.union([isoDate, bigint, z.null()]), day, 7n, null],
      'a discriminated union': [
        z.discriminatedUnion('type', [
          z.object({ type: z.literal('on'), at: isoDate }),
          z.object({ type: z.literal('off'), count: bigint }),
        ]),
        { type: 'on', at: day },
        { type: 'off', count: 1n },
      ],
      'an intersection': [
        z.intersection(z.object({ at: isoDate }), z.object({ n: bigint })),
        { at: day, n: 1n },
      ],
      'an optional key': [z.object({ at: z.optional(isoDate) }), {}, { at: undefined }, { at: day }],
      'an exactly optional key': [z.object({ at: z.exactOptional(isoDate) }), {}, { at: day }],
      'an optional union': [
        z.object({ a: z.optional(z.union([z.string(), z.undefined()])) }),
        {},
        { a: 'b' },
      ],
      'a nullable value': [z.object({ at: z.nullable(isoDate) }), { at: null }, { at: day }],
      'a value with a default': [z.object({ at: z._default(isoDate, day) }), { at: new Date(0) }],
      'a value with a prefault': [z.object({ n: z.prefault(z.number(), 1) }), { n: 2 }],
      'a value with a fallback': [z.object({ n: z.catch(z.number(), 1) }), { n: 2 }],
      'a readonly value': [z.readonly(z.array(isoDate)), [day]],
      'a value of a schema that calls itself': [
        Tree,
        { at: day, children: [{ at: new Date(0), children: [] }] },
      ],
      'a value of a lazy schema': [List, { value: 1n, next: { value: 2n, next: null } }],
      'any JSON': [z.json(), null, 'a', [1, { a: [true, null] }], {}],
      'text that stands for a boolean': [z.stringbool(), true, false],
      'an enum': [z.enum({ On: 1, Off: 'off' }), 1, 'off'],
      'a literal': [z.literal(['a', 1, null, true]), 'a', 1, null, true],
      'a template literal': [z.templateLiteral(['v', z.number()]), 'v12'],
    }
    test.each(Object.entries(cases))('%s', (_what, [schema, ...values]) => {
      for (const value of values) expect(sent(schema, value)).toEqual(value)
    })

    test('any text', () => {
      const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), halfPairs)
      fc.assert(
        fc.property(text, (value) => {
          expect(sent(z.object({ text: z.string(), n: bigint }), { text: value, n: 0n })).toEqual({
            text: value,
            n: 0n,
          })
        }),
        { numRuns: 200 },
      )
    })

    test('any number that JSON can represent', () => {
      fc.assert(
        fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
          // JSON has no negative zero.
          expect(sent(z.array(z.number()), [value])).toEqual([value + 0])
        }),
        { numRuns: 200 },
      )
    })
  })

  describe('drops unknown keys', () => {
    test.each([
      ['without a codec', z.object({ a: z.string() })],
      ['with a codec', z.object({ a: z.string(), at: z.optional(isoDate) })],
    ])('of an object %s', (_which, schema) => {
      expect(encode(schema, { a: 'b', password: 'secret' })).toEqual({ a: 'b' })
    })

    test('at every depth', () => {
      const person = { name: 'ada', password: 'secret' }
      const schema = z.object({
        list: z.array(z.object({ name: z.string() })),
        named: z.record(z.string(), z.object({ name: z.string() })),
        either: z.union([z.number(), z.object({ name: z.string(), at: z.optional(isoDate) })]),
      })
      const value = { list: [person], named: { ada: person }, either: person }
      expect(JSON.stringify(encode(schema, value))).not.toContain('secret')
    })
  })

  describe('refuses to send a value that does not fit', () => {
    const Room = z.object({
      messages: z.array(z.object({ text: z.string(), sentAt: isoDate })),
      owner: z.optional(z.object({ id: z.number() })),
    })

    test('as `invalid_output`, with the path of the issue', () => {
      const value = {
        messages: [
          { text: 'a', sentAt: new Date(0) },
          { text: 5, sentAt: 'soon' },
        ],
        owner: { id: 'ada' },
      }
      const error = errorOf(() => payloadCodec(Room).encode(value, 'the snapshot of room'))
      expect(error.code).toBe('invalid_output')
      expect(error.status).toBe(500)
      expect(error.issues?.map(({ path }) => path)).toEqual([
        ['messages', 1, 'text'],
        ['messages', 1, 'sentAt'],
        ['owner', 'id'],
      ])
      expect(error.message).toMatch(
        /^the snapshot of room did not fit the schema: at messages\.1\.text: Invalid input.* \(and 2 more\)$/,
      )
    })

    test('with the code for the side that gave the value', () => {
      expect(() => payloadCodec(Room).encode({}, 'the input', 'invalid_input')).toThrow(
        expect.objectContaining({ code: 'invalid_input', status: 400 }),
      )
      expect(() => payloadCodec(Room).decode({}, 'the answer', 'invalid_response')).toThrow(
        expect.objectContaining({ code: 'invalid_response' }),
      )
    })

    test.each<[where: string, schema: Schema, value: unknown]>([
      ['in a plain schema', z.object({ n: z.number() }), { n: 'hunter2' }],
      ['in a codec', z.object({ at: isoDate }), { at: 'hunter2' }],
      ['in a format', z.object({ mail: z.email() }), { mail: 'hunter2' }],
      ['in an enum', z.enum(['a', 'b']), 'hunter2'],
      ['in a union', z.union([z.number(), isoDate]), 'hunter2'],
    ])('without revealing the value: %s', (_where, schema, value) => {
      for (const attempt of [() => encode(schema, value), () => decode(schema, value)]) {
        const error = errorOf(attempt)
        expect(error.issues).not.toHaveLength(0)
        for (const issue of error.issues ?? []) {
          expect(Object.keys(issue).sort()).toEqual(['code', 'message', 'path'])
        }
        expect(JSON.stringify([error.message, error.issues])).not.toContain('hunter2')
      }
    })

    test('without revealing received text of a wrong format', () => {
      const error = errorOf(() => decode(z.object({ at: isoDate }), { at: 'hunter2' }))
      expect(error.issues).toEqual([
        { path: ['at'], code: 'invalid_format', message: 'Invalid ISO date and time' },
      ])
    })

    test.each<[which: string, schema: Schema]>([
      ['a fallback', z.object({ n: z.catch(z.number(), 1) })],
      ['a fallback beside a codec', z.object({ n: z.catch(z.number(), 1), at: z.optional(isoDate) })],
    ])('although it has %s, which only applies to decoding', (_which, schema) => {
      expect(() => encode(schema, { n: 'many' })).toThrow(expect.objectContaining({ code: 'invalid_output' }))
      expect(decode(schema, { n: 'many' })).toEqual({ n: 1 })
    })

    test.each<[which: string, schema: Schema]>([
      ['a default', z.object({ n: z._default(z.number(), 1) })],
      ['a default beside a codec', z.object({ n: z._default(z.number(), 1), at: z.optional(isoDate) })],
      ['a prefault', z.object({ n: z.prefault(z.number(), 1) })],
    ])('that is missing and has %s, which only applies to decoding', (_which, schema) => {
      expect(() => encode(schema, {})).toThrow(expect.objectContaining({ code: 'invalid_output' }))
      expect(decode(schema, {})).toEqual({ n: 1 })
    })

    test.each([Number.NaN, Number.POSITIVE_INFINITY])('such as %d for a number', (value) => {
      expect(() => encode(z.number(), value)).toThrow(expect.objectContaining({ code: 'invalid_output' }))
    })

    test.each([
      ['undefined', { a: undefined }],
      ['a Date', new Date(0)],
      ['a Map', new Map()],
      ['a function', () => undefined],
    ])('such as %s for any JSON', (_which, value) => {
      expect(() => encode(z.json(), value)).toThrow(expect.objectContaining({ code: 'invalid_output' }))
    })
  })

  test('is checked on both sides', () => {
    const schema = z.object({
      text: z.string().check(z.refine((text) => text !== 'spam')),
      at: z.optional(isoDate),
    })
    expect(errorOf(() => encode(schema, { text: 'spam' })).code).toBe('invalid_output')
    expect(errorOf(() => decode(schema, { text: 'spam' })).code).toBe('invalid_input')
    expect(sent(schema, { text: 'ham' })).toEqual({ text: 'ham' })
  })

  describe('whose schema rewrites its values', () => {
    const trimmed = z.string().check(z.trim(), z.minLength(1))

    test('encodes the rewritten value', () => {
      expect(sent(trimmed, ' a ')).toBe('a')
      expect(sent(z.object({ at: isoDate, name: trimmed }), { at: new Date(0), name: ' a ' })).toEqual({
        at: new Date(0),
        name: 'a',
      })
    })

    test.each<[what: string, schema: Schema, value: unknown]>([
      ['does not fit any more', z.string().check(z.minLength(1), z.trim()), ' '],
      ['is rewritten again', z.string().check(z.overwrite((text) => `${text}!`)), 'a'],
      [
        'is rewritten again beside a codec',
        z.object({ at: isoDate, n: z.number().check(z.overwrite((n) => n + 1)) }),
        { at: new Date(0), n: 1 },
      ],
    ])('is refused if the result %s', (_what, schema, value) => {
      expect(errorOf(() => encode(schema, value)).code).toBe('invalid_output')
    })
  })

  test.each<[which: string, schema: Schema]>([
    ['an asynchronous check', z.string().check(z.refine(async () => true))],
    [
      'an asynchronous check beside a codec',
      z.object({ at: isoDate, a: z.string().check(z.refine(async () => true)) }),
    ],
    [
      'an asynchronous codec',
      z.codec(z.string(), z.string(), { decode: async (text) => text, encode: async (text) => text }),
    ],
  ])('with %s is reported as a mistake in the contract', (_which, schema) => {
    const value = schema._zod.def.type === 'object' ? { at: new Date(0), a: 'b' } : 'b'
    const error = errorOf(() => encode(schema, value))
    expect(error.code).toBe('invalid_contract')
    expect(error.message).toMatch(/^the value has an asynchronous check or codec\b.*to the handler$/)
  })

  test('for which a codec throws is refused as one that does not fit, without the thrown error', () => {
    const throwing = z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: String })
    const error = errorOf(() => decode(throwing, 'hunter2'))
    expect(error).toMatchObject({
      code: 'invalid_input',
      issues: [{ path: [], message: 'A codec or check threw' }],
    })
    expect(error.message).not.toContain('hunter2')
    expect(error.cause).toBeInstanceOf(SyntaxError)
  })
})

test('keys of a catchall arrive as well', () => {
  const schema = classic.object({ a: classic.string() }).catchall(isoDate)
  const value = { a: 'b', at: new Date(0) }
  expect(encode(schema, value)).toEqual({ a: 'b', at: '1970-01-01T00:00:00.000Z' })
  expect(sent(schema, value)).toEqual(value)
})

/** Text that UTF-16 admits and UTF-8 does not. */
const halfPairs = fc
  .array(fc.constantFrom('\ud800', '\udc00', '\udfff', 'a', '\u0000', '\u2028', '\u2029', '\ufeff'))
  .map((units) => units.join(''))

test('an error lists at most 20 issues, and says how many there are', () => {
  const codec = payloadCodec(classic.array(classic.string()))
  const misfits = Array.from({ length: 1_000 }, () => 1)
  expect(() => codec.decode(misfits, 'the input of send')).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/^the input of send did not fit the schema: at 0: .+ \(and 999 more\)$/),
      issues: expect.toSatisfy((issues: unknown[]) => issues.length === 20),
    }),
  )
})
