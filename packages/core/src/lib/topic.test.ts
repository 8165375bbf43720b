import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as codecs from './codecs.js'
import { bigint, isoDate, map } from './codecs.js'
import { isTidingsError, type TidingsError } from './error.js'
import * as miniCodecs from './mini-codecs.js'
import { topicCodecOf } from './topic.js'
import type { Schemas } from './types/schema.js'

const encode = (params: Schemas, value: unknown) => topicCodecOf(params, 'room').encode(value)
const decode = (params: Schemas, query: string) =>
  topicCodecOf(params, 'room').decode(new URLSearchParams(query))

function errorOf(attempt: () => unknown): TidingsError {
  try {
    attempt()
  } catch (error) {
    if (isTidingsError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const Everything = {
  text: z.string(),
  number: z.number(),
  on: z.boolean(),
  maybe: z.string().optional(),
  sort: z.enum(['new', 'old']),
  since: isoDate,
  id: bigint,
  level: z.enum({ Low: 1, High: 2 }),
  nothing: z.string().nullable(),
  tags: z.array(z.string()),
  filter: z.object({ a: z.string(), b: z.object({ c: z.number() }).optional() }),
  either: z.union([z.string(), z.number()]),
  days: map(isoDate, bigint),
  flag: z.stringbool(),
  version: z.templateLiteral(['v', z.number()]),
}

describe('the query string of a topic', () => {
  test.each<[what: string, params: Schemas, value: unknown, query: string]>([
    ['text as it is', { roomId: z.string() }, { roomId: 'lobby' }, 'roomId=lobby'],
    ['text that looks like a number', { roomId: z.string() }, { roomId: '2' }, 'roomId=2'],
    ['empty text', { roomId: z.string() }, { roomId: '' }, 'roomId='],
    [
      'text that URLs escape',
      { q: z.string() },
      { q: 'a&b=c+d%e#f/g?h i' },
      'q=a%26b%3Dc%2Bd%25e%23f%2Fg%3Fh%20i',
    ],
    ['text with an emoji', { q: z.string() }, { q: '👋' }, 'q=%F0%9F%91%8B'],
    ['a number', { page: z.number() }, { page: 2 }, 'page=2'],
    ['a boolean', { on: z.boolean() }, { on: true }, 'on=true'],
    ['a word of an enum', { sort: z.enum(['new', 'old']) }, { sort: 'new' }, 'sort=new'],
    ['a literal', { v: z.literal(['a', 'b']) }, { v: 'b' }, 'v=b'],
    ['one text of several', { v: z.union([z.literal('a'), z.literal('1'), isoDate]) }, { v: '1' }, 'v=1'],
    ['text or a number, as JSON', { v: z.union([z.string(), z.number()]) }, { v: '1' }, 'v=%221%22'],
    ['a literal of text or a number, as JSON', { v: z.literal(['a', 1]) }, { v: 'a' }, 'v=%22a%22'],
    ['an enum of text and numbers, as JSON', { v: z.enum({ A: 'a', B: 1 }) }, { v: 'a' }, 'v=%22a%22'],
    ['text that was optional', { q: z.string().optional().nonoptional() }, { q: 'b' }, 'q=b'],
    ['text with a prefault', { q: z.string().prefault('a') }, { q: 'b' }, 'q=b'],
    ['text with a fallback', { q: z.string().catch('a') }, { q: 'b' }, 'q=b'],
    ['a template literal', { v: z.templateLiteral(['v', z.number()]) }, { v: 'v1' }, 'v=v1'],
    ['a date', { since: isoDate }, { since: new Date(0) }, 'since=1970-01-01T00%3A00%3A00.000Z'],
    ['a bigint', { id: bigint }, { id: 5n }, 'id=5'],
    ['text with a default', { q: z.string().default('a') }, { q: 'b' }, 'q=b'],
    ['readonly text', { q: z.string().readonly() }, { q: 'b' }, 'q=b'],
    ['an optional param that is there', { q: z.string().optional() }, { q: 'b' }, 'q=b'],
    ['an optional param that is not', { q: z.string().optional() }, {}, ''],
    ['an optional param that is undefined', { q: z.string().optional() }, { q: undefined }, ''],
    ['text that may be null, as JSON', { q: z.string().nullable() }, { q: 'null' }, 'q=%22null%22'],
    ['null', { q: z.string().nullable() }, { q: null }, 'q=null'],
    ['an array, as JSON', { ids: z.array(z.number()) }, { ids: [2, 1] }, 'ids=%5B2%2C1%5D'],
    [
      'an object, as JSON with its keys in order',
      { f: z.object({ b: z.number(), a: z.object({ d: z.number(), c: z.number() }) }) },
      { f: { b: 1, a: { d: 2, c: 3 } } },
      `f=${encodeURIComponent('{"a":{"c":3,"d":2},"b":1}')}`,
    ],
    ['several params in order', { b: z.string(), a: z.string() }, { b: '1', a: '2' }, 'a=2&b=1'],
    ['nothing of what the channel does not declare', { a: z.string() }, { a: '1', secret: '2' }, 'a=1'],
    ['nothing for a channel without params', {}, undefined, ''],
  ])('has %s', (_what, params, value, query) => {
    expect(encode(params, value)).toBe(query)
    expect(encode(params, decode(params, query))).toBe(query)
  })

  test('contains omitted defaults, so that both spellings name one topic', () => {
    const params = {
      sort: z.enum(['new', 'old']).default('new'),
      since: isoDate.optional(),
      q: z.string().trim().prefault(''),
    }
    expect(encode(params, {})).toBe('q=&sort=new')
    expect(encode(params, undefined)).toBe('q=&sort=new')
    expect(encode(params, { sort: 'new', q: '  ' })).toBe('q=&sort=new')
    expect(encode(params, decode(params, ''))).toBe('q=&sort=new')
  })

  test('is the same for equal params, whatever the order of their keys', () => {
    const params = { filter: z.record(z.string(), z.json()), b: z.string(), a: z.number() }
    const value = fc.record({
      filter: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }),
      a: fc.integer(),
      b: fc.string(),
    })
    fc.assert(
      fc.property(value, (value) => {
        expect(encode(params, reversed(value))).toBe(encode(params, value))
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['zod', codecs],
    ['zod/mini', miniCodecs as unknown as typeof codecs],
  ])(
    'is the same for equal sets and maps of %s, whatever the order of insertion',
    (_name, { set, map, isoDate }) => {
      const days = [new Date(0), new Date(8.64e7), new Date(-1)]
      const params = {
        ids: set(z.string()),
        seen: z.object({ days: z.array(map(isoDate, set(z.number()))).optional() }),
      }
      const one = {
        ids: new Set(['b', 'a', 'c']),
        seen: { days: [new Map(days.map((day) => [day, new Set([1, 2])]))] },
      }
      const other = {
        ids: new Set(['c', 'b', 'a']),
        seen: { days: [new Map(days.toReversed().map((day) => [day, new Set([2, 1])]))] },
      }
      expect(encode(params, other)).toBe(encode(params, one))
      expect(decode(params, encode(params, other))).toEqual(one)
      expect(encode(params, { ...one, ids: new Set(['a', 'b']) })).not.toBe(encode(params, one))
      // A list is in an order of its own.
      const list = { ids: z.array(z.string()) }
      expect(encode(list, { ids: ['b', 'a'] })).not.toBe(encode(list, { ids: ['a', 'b'] }))
    },
  )

  test('is refused for a set that does not fit', () => {
    expect(errorOf(() => encode({ ids: codecs.set(z.string()) }, { ids: new Set([1, 'a']) })).code).toBe(
      'invalid_output',
    )
  })

  test('is the same whatever the order in which the channel declares its params', () => {
    const { text, number, on } = Everything
    const value = { text: 'a', number: 1, on: false }
    expect(encode({ on, text, number }, value)).toBe(encode({ number, on, text }, value))
  })

  test('is different for different params', () => {
    const params = { a: z.string().optional(), b: z.string().optional() }
    const value = fc.record({ a: fc.string(), b: fc.string() }, { requiredKeys: [] })
    fc.assert(
      fc.property(value, value, (one, other) => {
        const same = one.a === other.a && one.b === other.b
        expect(encode(params, one) === encode(params, other)).toBe(same)
      }),
      { numRuns: 200 },
    )
  })

  test('is decoded as it was encoded', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc
        .array(fc.constantFrom(...'&=+%#/? \n\0"\\;'.split(''), '%20', '👋🏽', '\u2028'))
        .map((parts) => parts.join('')),
    )
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
    const date = fc.date({ noInvalidDate: true })
    const value = fc.record(
      {
        text,
        number,
        on: fc.boolean(),
        maybe: text,
        sort: fc.constantFrom('new', 'old'),
        since: date,
        id: fc.bigInt(),
        level: fc.constantFrom(1, 2),
        nothing: fc.option(text),
        // Inside of JSON, halves of surrogate pairs are escaped, and arrive.
        tags: fc.array(fc.string({ unit: 'binary' })),
        filter: fc.record({ a: text, b: fc.record({ c: number }) }, { requiredKeys: ['a'] }),
        either: fc.oneof(text, number),
        days: fc.array(fc.tuple(date, fc.bigInt()), { maxLength: 3 }).map((pairs) => new Map(pairs)),
        flag: fc.boolean(),
        version: fc.nat().map((n) => `v${n}`),
      },
      { requiredKeys: Object.keys(Everything).filter((name) => name !== 'maybe') as never },
    )
    fc.assert(
      fc.property(value, (value) => {
        const query = encode(Everything, value)
        expect(query).toMatch(/^[\w.~!*'()%=&-]*$/)
        expect(decode(Everything, query)).toEqual(value)
      }),
      { numRuns: 200 },
    )
  })

  test('becomes canonical when decoded and encoded', () => {
    const params = { page: z.number(), f: z.object({ a: z.number(), b: z.number() }), since: isoDate }
    const foreign = 'since=2024-01-01T01:00%2B01:00&f={"b":1.0,%20"a":2}&page=2e0&utm=x'
    expect(encode(params, decode(params, foreign))).toBe(
      `f=${encodeURIComponent('{"a":2,"b":1}')}&page=2&since=${encodeURIComponent('2024-01-01T00:00:00.000Z')}`,
    )
  })
})

describe('malformed params', () => {
  const Page = { page: z.number() }

  test('are a bad request if a param is repeated', () => {
    const error = errorOf(() => decode(Page, 'page=1&page=1'))
    expect(error).toMatchObject({ code: 'bad_request', status: 400 })
    expect(error.message).toContain('"page"')
  })

  test('are ignored if the channel does not declare them, even twice', () => {
    expect(decode(Page, 'page=1&x=1&x=2&__proto__=3')).toEqual({ page: 1 })
  })

  test.each([
    ['text for a number', Page, 'page=x'],
    ['nothing for a number', Page, 'page='],
    ['JSON text for a number', Page, 'page=%222%22'],
    ['a number that JSON does not have', Page, 'page=NaN'],
    ['a number that is too large', Page, 'page=1e999'],
    ['a number for a boolean', { page: z.boolean() }, 'page=1'],
    ['another word', { page: z.enum(['a', 'b']) }, 'page=c'],
    ['half an object', { page: z.object({}) }, 'page={'],
    ['a missing param', Page, ''],
    ['a date that is none', { page: isoDate }, 'page=yesterday'],
  ])('are `invalid_input` with zod’s issue: %s', (_what, params, query) => {
    const error = errorOf(() => decode(params, query))
    expect(error).toMatchObject({ code: 'invalid_input', status: 400 })
    expect(error.issues).toEqual([
      { path: ['page'], code: expect.stringMatching(/^invalid_/), message: expect.any(String) },
    ])
    expect(error.message).toMatch(/^the params of room did not fit the schema: at page: /)
  })

  test('are `invalid_output` when encoded, by default', () => {
    expect(errorOf(() => encode(Page, { page: 'x' })).code).toBe('invalid_output')
    expect(errorOf(() => encode(Page, undefined)).code).toBe('invalid_output')
    const codec = topicCodecOf(Page, 'room')
    expect(errorOf(() => codec.encode({ page: 'x' }, 'invalid_input')).code).toBe('invalid_input')
  })

  test.each(['\ud800', 'a\udc00b', '\udc00\ud800'])('are refused with an unpaired surrogate: %j', (text) => {
    const codec = topicCodecOf({ roomId: z.string() }, 'room')
    const error = errorOf(() => codec.encode({ roomId: text }, 'invalid_input'))
    expect(error).toMatchObject({
      code: 'invalid_input',
      message:
        'the params of room did not fit the schema: at roomId: A URL cannot contain an unpaired surrogate',
      issues: [{ path: ['roomId'] }],
    })
  })
})

/** The same value with the keys of its objects the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).reverse()
  return Object.fromEntries(entries.map(([key, inner]) => [key, reversed(inner)]))
}
