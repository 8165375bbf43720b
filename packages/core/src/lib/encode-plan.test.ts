import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import * as zod from 'zod/v4/core'
import { bigint, isoDate, map, set } from './codecs.js'
import { encodePlan } from './encode-plan.js'
import { isoText } from './iso-text.js'
import { payloadCodec } from './payload-codec.js'
import type { Schema } from './types/schema.js'

const at = new Date(86_400_000)
const throwing = z.codec(z.string(), z.number(), {
  decode: Number,
  encode: () => {
    throw new Error('not today')
  },
})
const refusing = z.codec(z.string(), z.number(), {
  decode: Number,
  encode: (n, payload) => {
    if (n < 0) payload.issues.push({ code: 'custom', message: 'negative', input: n })
    return String(n)
  },
})
const later = z.codec(z.string(), z.number(), { decode: Number, encode: async (n) => String(n) })
interface Tree {
  at: Date
  children: Tree[]
}
const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ at: isoDate, children: z.array(Tree) }))

/** What zod does, and the plan for the values that the plan does not leave to zod. */
const cases: readonly [what: string, schema: Schema, values: readonly unknown[]][] = [
  [
    'an object',
    z.object({ id: z.string(), at: isoDate }),
    [
      { at, id: 'a' },
      { id: 'a', at, secret: 1 },
      { id: 'a' },
      { id: 'a', at: 'soon' },
      { id: 'a', at: new Date(Number.NaN) },
      null,
      [],
      'a',
      new Date(0),
      Object.create({ id: 'a', at }),
    ],
  ],
  [
    'a strict object',
    z.strictObject({ at: isoDate }),
    [{ at }, { at, secret: 1 }, Object.assign(Object.create({ inherited: 1 }), { at })],
  ],
  [
    'optional keys',
    z.object({ a: isoDate.optional(), b: z.string(), c: z.exactOptional(bigint), d: z.number().nullish() }),
    [
      { b: 'b' },
      { a: undefined, b: 'b', d: undefined },
      { a: at, b: 'b', c: 1n, d: null },
      { b: 'b', c: undefined },
      { a: null, b: 'b' },
    ],
  ],
  [
    'keys with a default',
    z.object({ n: z.number().default(1), m: z.number().prefault(1), l: z.number().catch(1), at: isoDate }),
    [{ n: 2, m: 3, l: 4, at }, { at }, { n: 'x', m: 3, l: 4, at }, { n: undefined, m: 3, l: 4, at }],
  ],
  [
    'checks of text and numbers',
    z.object({ text: z.string().min(2).max(3), n: z.number().int().positive().multipleOf(2), at: isoDate }),
    [
      { text: 'ab', n: 2, at },
      { text: 'a', n: 2, at },
      { text: '👋👋👋', n: 2, at },
      { text: 'ab', n: 1.5, at },
      { text: 'abcd', n: -1, at },
    ],
  ],
  [
    'text that is rewritten',
    z.object({ text: z.string().trim().min(1).toLowerCase(), link: z.url(), at: isoDate }),
    [
      { text: ' A ', link: ' https://a.example/\n', at },
      { text: '  ', link: 'x', at },
    ],
  ],
  [
    'a check of the whole',
    z.object({ from: isoDate, to: isoDate }).refine(({ from, to }) => from < to),
    [{ from: at, to: new Date(9e7) }, { from: at, to: at }, { from: at }, { from: 'a', to: 'b' }],
  ],
  [
    'a check that sees unknown keys',
    z.object({ at: isoDate, o: z.object({ a: z.string() }).refine((o) => Object.keys(o).length === 1) }),
    [
      { at, o: { a: 'a' } },
      { at, o: { a: 'a', b: 1 } },
    ],
  ],
  [
    'a list that is sorted',
    z.array(isoDate).overwrite((dates) => dates.toSorted((a, b) => +a - +b)),
    [[new Date(9e9), at], [at], ['a']],
  ],
  [
    'a check with a condition of its own',
    z.object({ at: isoDate, n: z.number().refine((n) => n > 1, { when: ({ value }) => value !== 0 }) }),
    [
      { at, n: 0 },
      { at, n: 1 },
      { at, n: 2 },
    ],
  ],
  [
    'a record',
    z.record(z.string(), isoDate),
    [{}, { a: at }, { a: 1 }, new Map(), { [Symbol('a')]: at }, JSON.parse('{"__proto__":1}')],
  ],
  [
    'a record of few keys',
    z.record(z.enum(['a', 'b']), isoDate),
    [{ a: at, b: at }, { a: at }, { a: at, b: at, c: at }],
  ],
  [
    'a tuple',
    z.tuple([z.null(), isoDate], bigint),
    [[null, at], [null, at, 1n, 2n], [null], [at], [null, at, at]],
  ],
  [
    'a tuple with an optional item',
    z.tuple([isoDate, z.string().optional()]),
    [[at], [at, 'a'], [at, undefined], []],
  ],
  [
    'a union of a tuple whose items may be omitted',
    z.union([z.tuple([z.any()], z.string()), z.array(z.string())]),
    [[], ['a'], ['a', 'b'], [1, 2]],
  ],
  [
    'a union',
    z.union([z.object({ at: isoDate }), z.object({ n: bigint }), z.null(), isoDate]),
    [{ at }, { n: 1n }, { at, n: 1n }, null, at, {}, { at: 1, n: 2n }, 'a'],
  ],
  [
    'a union with a codec that throws',
    z.union([z.object({ a: z.string(), n: throwing }), z.object({ a: z.number() })]),
    [{ a: 1, n: 1 }, { a: 1 }, { a: 'a', n: 1 }],
  ],
  [
    'a union with a check that throws after another',
    z.union([
      z
        .string()
        .min(3)
        .refine(() => {
          throw new Error('not today')
        }),
      z.string(),
      isoDate,
    ]),
    ['a', 'abc', at],
  ],
  [
    'a union with a codec that throws for what its check refuses',
    z.union([
      z
        .object({
          n: z.codec(z.string(), z.number().min(0), {
            decode: Number,
            encode: (n) => `${'1'.repeat(n)}`,
          }),
        })
        .refine(() => true),
      z.object({ n: z.number() }),
    ]),
    [{ n: -1 }, { n: 1 }],
  ],
  ['an exclusive union', z.xor([isoDate, z.string(), z.string().min(3)]), [at, 'a', 'abc']],
  [
    'a discriminated union',
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('a'), at: isoDate }),
      z.object({ type: z.enum(['b', 'c']), n: bigint }),
    ]),
    [{ type: 'a', at }, { type: 'c', n: 1n }, { type: 'd' }, {}, { type: 'a', n: 1n }, null],
  ],
  ['an intersection', z.object({ at: isoDate }).and(z.object({ n: bigint })), [{ at, n: 1n }, { at }]],
  ['a codec that refuses', z.array(refusing), [[1], [1, -1]]],
  ['a codec that throws', z.array(throwing), [[], [1]]],
  ['an asynchronous codec', z.array(later), [[], [1]]],
  [
    'an asynchronous check',
    z.object({ at: isoDate, a: z.string().refine(async () => true) }),
    [{ at, a: 'a' }],
  ],
  [
    'sets and maps',
    z.object({ s: set(isoDate), m: map(z.string(), bigint) }),
    [
      { s: new Set([at]), m: new Map([['a', 1n]]) },
      { s: [at], m: {} },
    ],
  ],
  [
    'a codec of a set of zod',
    z.codec(z.array(isoDate), z.set(z.date()), {
      decode: (list) => new Set(list),
      encode: (dates) => [...dates] as never,
    }),
    [new Set(), []],
  ],
  ['readonly values', z.array(isoDate).readonly(), [[at], Object.freeze([at])]],
  [
    'coercion',
    z.object({ n: z.coerce.number().min(5), at: isoDate }),
    [
      { n: '7', at },
      { n: 7, at },
      { n: 'x', at },
    ],
  ],
  [
    'an object of another realm',
    z.object({ at: isoDate, r: z.record(z.string(), z.string()) }),
    [{ at, r: Object.create(null) }],
  ],
  [
    'a schema that contains itself',
    Tree,
    [
      { at, children: [{ at, children: [] }] },
      { at, children: [{}] },
    ],
  ],
  [
    'an object of zod/mini',
    mini.object({ at: isoDate, n: mini.int().check(mini.gte(1)) }),
    [
      { at, n: 1 },
      { at, n: 0 },
      { at, n: 1.5 },
    ],
  ],
  ['a key that is no name', z.object({ 'a"b\n': isoDate, 1: isoDate }), [{ 'a"b\n': at, 1: at }]],
  [
    'the key __proto__',
    z.object({ ['__proto__']: isoDate, at: isoDate }),
    [JSON.parse('{"__proto__":1}'), { at }],
  ],
]

describe.each([false, true])('a plan encodes as zod does, with jitless: %s', (jitless) => {
  const outcome = (encode: () => unknown) => {
    try {
      return encode()
    } catch (error) {
      return String(error)
    }
  }

  test.each(cases)('%s', (_what, schema, values) => {
    zod.config({ jitless })
    try {
      for (const value of values) {
        const planned = encodePlan(schema)(value)
        const expected = outcome(() => zod.safeEncode(schema, value))
        if (planned) expect(planned).toStrictEqual(expected)
        // A fresh schema behaves alike as a payload, with each encoder.
        const codec = payloadCodec(schema)
        const isFit = typeof expected === 'object' && (expected as { success: boolean }).success
        if (isFit)
          expect(codec.encode(value, 'the value')).toStrictEqual((expected as { data: unknown }).data)
        else expect(() => codec.encode(value, 'the value')).toThrow(/^the value /)
      }
    } finally {
      zod.config({ jitless: false })
    }
  })
})

test('a plan takes the values that fit, without zod', () => {
  const schema = z.object({
    id: z.string().min(1),
    at: isoDate,
    tags: z.array(z.enum(['a', 'b'])),
    note: z.string().optional(),
    kind: z.discriminatedUnion('type', [z.object({ type: z.literal('n'), n: bigint })]),
  })
  const plan = encodePlan(schema)
  const run = schema._zod.run
  schema._zod.run = () => {
    throw new Error('zod was called')
  }
  const value = { id: 'a', at, tags: ['a'], kind: { type: 'n', n: 1n } }
  expect(plan(value)).toEqual({
    success: true,
    data: { id: 'a', at: '1970-01-02T00:00:00.000Z', tags: ['a'], kind: { type: 'n', n: '1' } },
  })
  schema._zod.run = run
})

test('the text of a date is that of toISOString()', () => {
  const near = fc.tuple(
    fc.constantFrom(0, -1, 1, 86_399_999, 1.7e12, -62_167_219_200_001, 253_402_300_800_000),
    fc.integer({ min: -9e7, max: 9e7 }),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        near.map(([base, offset]) => new Date(base + offset)),
        fc.date({ noInvalidDate: true }),
      ),
      (date) => {
        expect(isoText(date)).toBe(date.toISOString())
        expect(isoText(date)).toBe(date.toISOString())
      },
    ),
    { numRuns: 2_000 },
  )
})
