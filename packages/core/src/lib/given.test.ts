import { describe, expect, test } from 'vitest'
import * as classic from 'zod'
import * as mini from 'zod/mini'
import * as codecs from './codecs.js'
import * as miniCodecs from './mini-codecs.js'
import { givenPayloadCodec, payloadCodec } from './payload-codec.js'
import type { Schema } from './types/schema.js'

const give = (schema: Schema, value: unknown) =>
  givenPayloadCodec(schema).encode(value, 'the input', 'invalid_input')

// The schemas below are made with what both spell alike, so that one type serves for both.
describe.each([
  ['zod', classic, codecs],
  ['zod/mini', mini as unknown as typeof classic, miniCodecs as unknown as typeof codecs],
])('a value that a caller gives for a schema of %s', (_name, z, { isoDate, set }) => {
  const Limit = z.object({ limit: z._default(z.number(), 20) })
  const day = new Date(8.64e7)
  const at = day.toISOString()

  test.each<[what: string, schema: Schema, given: unknown, json: unknown]>([
    ['a key with a default', Limit, {}, { limit: 20 }],
    ['a key that is undefined', Limit, { limit: undefined }, { limit: 20 }],
    ['a key that is given', Limit, { limit: 5 }, { limit: 5 }],
    ['nothing, for an object', Limit, undefined, { limit: 20 }],
    ['nothing, for an object without defaults', z.object({ q: z.optional(z.string()) }), undefined, {}],
    ['nothing, for a default', z._default(z.number(), 5), undefined, 5],
    ['a default made each time', z.object({ n: z._default(z.number(), () => 7) }), {}, { n: 7 }],
    ['a default behind a codec', z.object({ at: z._default(isoDate, day) }), {}, { at }],
    [
      'a default beside a codec',
      z.object({ at: isoDate, n: z._default(z.number(), 1) }),
      { at: day },
      { at, n: 1 },
    ],
    ['a default of a set', z.object({ ids: z._default(set(isoDate), new Set([day])) }), {}, { ids: [at] }],
    ['a prefault', z.object({ q: z.prefault(z.string(), 'a') }), {}, { q: 'a' }],
    ['a prefault before a codec', z.object({ at: z.prefault(isoDate, at) }), {}, { at }],
    ['a fallback', z.object({ order: z.catch(z.enum(['new', 'old']), 'new') }), {}, { order: 'new' }],
    [
      'a codec that reads nothing as something',
      z.object({
        text: z.codec(z.optional(z.string()), z.string(), {
          decode: (text) => text ?? 'none',
          encode: (text) => text,
        }),
      }),
      {},
      { text: 'none' },
    ],
    ['a default in an object in an array', z.array(Limit), [{}, { limit: 1 }], [{ limit: 20 }, { limit: 1 }]],
    ['a default in a tuple', z.tuple([z.string(), Limit]), ['a', {}], ['a', { limit: 20 }]],
    ['a default at the end of a tuple', z.tuple([z.string(), z._default(z.number(), 1)]), ['a'], ['a', 1]],
    ['a default in the rest of a tuple', z.tuple([z.string()], Limit), ['a', {}], ['a', { limit: 20 }]],
    ['a default in a record', z.record(z.string(), Limit), { a: {} }, { a: { limit: 20 } }],
    ['a default behind an optional', z.object({ a: z.optional(Limit) }), { a: {} }, { a: { limit: 20 } }],
    ['nothing for an optional', z.object({ a: z.optional(Limit) }), {}, {}],
    ['a default behind a nullable', z.nullable(Limit), {}, { limit: 20 }],
    ['null for a nullable', z.nullable(Limit), null, null],
    ['a default behind a readonly', z.readonly(Limit), {}, { limit: 20 }],
    ['a default behind a lazy', z.lazy(() => Limit), {}, { limit: 20 }],
    [
      'a default inside of a default',
      z.object({ a: z._default(Limit, { limit: 1 }) }),
      { a: {} },
      { a: { limit: 20 } },
    ],
    [
      'a default in an intersection',
      z.intersection(Limit, z.object({ at: isoDate })),
      { at: day },
      { limit: 20, at },
    ],
    ['a default in a member of a union', z.union([z.object({ at: isoDate }), Limit]), {}, { limit: 20 }],
    [
      'a default in a member of a discriminated union',
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('a'), at: isoDate }),
        z.object({ type: z.literal('b'), n: z._default(z.number(), 1) }),
      ]),
      { type: 'b' },
      { type: 'b', n: 1 },
    ],
  ])('is completed: %s', (_what, schema, given, json) => {
    expect(give(schema, given)).toEqual(json)
    // A server decodes the completed value as it is.
    const { encode, decode } = payloadCodec(schema)
    expect(encode(decode(json, 'the input'), 'the input')).toEqual(json)
  })

  test.each<[what: string, schema: Schema, given: unknown]>([
    ['a key without a default', z.object({ q: z.string(), limit: z._default(z.number(), 1) }), {}],
    ['another type', Limit, { limit: 'many' }],
    ['nothing, where text is needed', z.string(), undefined],
    ['a list, where an object is needed', Limit, 'text'],
  ])('is refused if it is %s', (_what, schema, given) => {
    expect(() => give(schema, given)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  test('stays an instance of its class', () => {
    const either = z.union([z.object({ n: z._default(z.number(), 1) }), isoDate])
    expect(give(either, day)).toBe(at)
    expect(give(z.union([z.record(z.string(), Limit), isoDate]), day)).toBe(at)
  })

  test('is not mutated', () => {
    const given = Object.freeze({ list: Object.freeze([Object.freeze({})]) })
    expect(give(z.object({ list: z.array(Limit) }), given)).toEqual({ list: [{ limit: 20 }] })
    expect(given).toEqual({ list: [{}] })
  })

  test('drops unknown keys, and a strict object refuses them', () => {
    expect(give(Limit, { secret: 1 })).toEqual({ limit: 20 })
    expect(() => give(z.strictObject({ limit: z._default(z.number(), 1) }), { secret: 1 })).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    )
  })

  test('is reported as a mistake in the contract if a default has an asynchronous check', () => {
    const schema = z.object({ q: z.prefault(z.string().check(z.refine(async () => true)), 'a') })
    expect(() => give(schema, {})).toThrow(expect.objectContaining({ code: 'invalid_contract' }))
  })
})

test('coercion and trimming apply to a given value', () => {
  const schema = classic.object({ page: classic.coerce.number(), q: classic.string().trim().min(1) })
  expect(give(schema, { page: '2', q: ' a ' })).toEqual({ page: 2, q: 'a' })
  expect(() => give(schema, { page: 'two', q: 'a' })).toThrow()
})
