import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { bigint, bytes, isoDate, map, set, url } from './codecs.js'
import { findUnserializable } from './json-safety.js'
import { findOverlap } from './overlap.js'
import { textSamplesOf } from './text-samples.js'
import type { Schema } from './types/schema.js'

const celsius = z.codec(z.string(), z.number(), { decode: Number.parseFloat, encode: (n) => `${n} °C` })
const nullish = z.codec(z.string().nullable(), z.string(), {
  decode: (s) => s ?? '',
  encode: (s) => s || null,
})
const omitted = z.codec(z.string().optional(), z.string(), {
  decode: (s) => s ?? '',
  encode: (s) => s || undefined,
})

interface Expression {
  op: 'add' | 'at'
  left?: Expression | undefined
  at?: Date | undefined
}
const Expression: z.ZodType<Expression> = z.lazy(() =>
  z.union([
    z.object({ left: Expression, op: z.literal('add') }),
    z.object({ left: Expression.optional(), op: z.literal('at'), at: isoDate }),
  ]),
)

describe('a union whose members cannot be told apart on the wire is refused', () => {
  test.each<[string, Schema]>([
    ['text and a date', z.union([z.string(), isoDate])],
    ['a date and text', z.union([isoDate, z.string()])],
    ['a bigint and text', z.union([bigint, z.string()])],
    ['text and a URL', z.union([z.string(), url])],
    ['bytes and text', z.union([bytes, z.string()])],
    ['bytes and a bigint', z.union([bytes, bigint])],
    ['a format of text and a date', z.union([z.iso.datetime(), isoDate])],
    ['IPv6 and a URL', z.union([z.ipv6(), url])],
    ['digits and a bigint', z.union([z.string().regex(/^\d+$/), bigint])],
    ['a set and a list', z.union([set(z.string()), z.array(z.string())])],
    [
      'a map and a list of pairs',
      z.union([z.array(z.tuple([z.string(), z.number()])), map(z.string(), z.number())]),
    ],
    ['a map and a set', z.union([map(z.string(), z.string()), set(z.array(z.string()))])],
    ['JSON and a date', z.union([z.json(), isoDate])],
    ['two codecs of one’s own', z.union([celsius, isoDate])],
    ['text for a boolean and text', z.union([z.stringbool(), z.string()])],
    ['what is coerced and text', z.union([z.coerce.number(), z.string()])],
    ['what has a fallback and text', z.union([z.number().catch(0), z.string()])],
    [
      'an object whose keys have defaults and another',
      z.union([z.object({ a: z.number().default(1) }), z.object({ b: z.string() })]),
    ],
    ['objects with such keys', z.union([z.object({ v: z.string() }), z.object({ v: isoDate })])],
    ['tuples with such items', z.union([z.tuple([z.string()]), z.tuple([isoDate])])],
    ['members of another union', z.union([z.union([z.number(), z.string()]), z.union([z.null(), isoDate])])],
    ['members of zod/mini', mini.union([mini.string(), isoDate])],
    ['members behind a lazy', z.union([z.lazy(() => z.string()), isoDate])],
    ['a fallback, in an exclusive union', z.xor([z.object({}), url.catch(new URL('a:b'))])],
    ['members of an exclusive union', z.xor([isoDate, z.string()])],
    [
      'an intersection with a strict side, which takes what the other side knows',
      z.union([
        z.strictObject({ b: z.string().optional() }).and(z.object({ c: z.number().default(1) })),
        z.object({ type: z.literal('a'), at: isoDate }),
      ]),
    ],
    [
      'an object and an intersection of which each side has one of its keys',
      z.union([
        z.object({ a: z.string(), b: z.number(), c: z.number().default(1) }),
        z.object({ a: z.string() }).and(z.object({ b: z.number(), d: z.string() })),
      ]),
    ],
    [
      'intersections whose keys come from different sides',
      z.union([
        z.object({ c: z.number() }).and(z.object({ b: z.string().default('') })),
        z.object({ a: z.string() }).and(z.object({ c: z.number() }).and(z.object({ d: z.string() }))),
      ]),
    ],
    [
      'an object and an intersection with a record',
      z.union([
        z.object({ a: z.string(), b: z.number().default(1) }),
        z.record(z.string(), z.string()).and(z.object({ c: z.string() })),
      ]),
    ],
    ['null and what is written as null', z.nullable(nullish)],
    ['undefined and what is written as nothing', z.object({ a: z.optional(omitted) })],
    ['a default and what is written as nothing', z.object({ a: z._default(omitted, 'x') })],
    [
      'a default beside what is written as nothing',
      z.object({ a: z.union([z.null().default(null), omitted]) }),
    ],
    [
      'what is written as nothing beside a default',
      z.object({ a: z.xor([omitted, z.null().default(null)]) }),
    ],
  ])('%s', (_what, schema) => {
    expect(findUnserializable(schema)).toMatchObject({
      problem: expect.stringMatching(/^may be .* or .*, which cannot be told apart on the wire$/),
      remedy: 'Use z.discriminatedUnion(), or wrap each in an object under its own key',
    })
  })

  test('with its path and the names of its members', () => {
    expect(
      findUnserializable(z.object({ a: z.array(z.union([z.number(), z.email(), isoDate, bytes, bigint])) })),
    ).toEqual({
      path: '.a[]',
      problem: 'may be a codec or a codec, which cannot be told apart on the wire',
      remedy: expect.any(String),
    })
    expect(findOverlap([z.string(), isoDate])).toEqual({
      first: 'z.string()',
      second: 'a codec',
      how: 'read',
    })
    expect(findOverlap([null, nullish])).toEqual({ first: 'null', second: 'a codec', how: 'read' })
  })
})

describe('a union is accepted', () => {
  test.each<[string, Schema]>([
    ['of text of several formats', z.union([z.string(), z.email(), z.literal('a'), z.enum(['b'])])],
    ['of scalars', z.union([z.string(), z.number(), z.boolean(), z.null()])],
    ['of codecs whose texts differ', z.union([isoDate, bigint, url, z.null()])],
    [
      'of a codec and another type',
      z.union([isoDate, z.number(), set(z.string()), z.object({ a: z.string() })]),
    ],
    ['of words and a date', z.union([z.enum(['now', 'never']), z.literal('later'), isoDate])],
    ['of a format and a date', z.union([z.uuid(), z.email(), z.iso.date(), z.iso.time(), isoDate])],
    ['of an email address and a URL', z.union([z.email(), url])],
    [
      'of an object and an intersection without one of its keys',
      z.union([
        z.object({ a: z.string(), b: z.number(), c: z.number().default(1) }),
        z.object({ a: z.string() }).and(z.object({ d: z.string() })),
      ]),
    ],
    [
      'of an object and an intersection with another type at one of its keys',
      z.union([
        z.object({ a: z.string(), b: z.number().default(1) }),
        z.object({ a: z.number() }).and(z.object({ b: z.number() })),
      ]),
    ],
    [
      'of objects told apart by a literal',
      z.union([
        z.object({ type: z.literal('a'), v: z.string() }),
        z.object({ type: z.literal('b'), v: isoDate }),
      ]),
    ],
    ['of objects told apart by a key', z.union([z.object({ at: isoDate }), z.object({ n: bigint })])],
    [
      'of tuples told apart by a literal',
      z.union([z.tuple([z.literal('a'), isoDate]), z.tuple([z.literal('b'), z.string()])]),
    ],
    [
      'of tuples told apart by their length',
      z.union([z.tuple([z.string()]), z.tuple([z.string(), isoDate])]),
    ],
    [
      'that is discriminated',
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('a'), v: z.string() }),
        z.object({ type: z.literal('b'), v: isoDate }),
      ]),
    ],
    [
      'that is discriminated, in another',
      z.union([
        z.discriminatedUnion('type', [
          z.object({ type: z.literal('a') }),
          z.object({ type: z.literal('b'), at: isoDate }),
        ]),
        z.string(),
        z.array(bigint),
      ]),
    ],
    ['of what calls itself', Expression],
    ['that is nullish twice', z.object({ a: isoDate.nullish().nullish() })],
    ['with a default', z.object({ a: z.union([isoDate, z.number()]).default(1) })],
    [
      'of objects, the one with more keys first',
      z.union([z.object({ a: z.string(), b: z.string() }), z.object({ a: z.string() })]),
    ],
    [
      'of strict objects',
      z.union([z.strictObject({ a: z.string() }), z.strictObject({ a: z.string(), b: z.string() })]),
    ],
    ['of a date and an object that may be empty', z.union([isoDate, z.object({ a: z.string().optional() })])],
    [
      'of an object and a record of other values',
      z.union([z.object({ a: z.string() }), z.record(z.string(), z.number())]),
    ],
  ])('%s', (_what, schema) => {
    expect(findUnserializable(schema)).toBeUndefined()
  })
})

describe('a union whose first member would drop keys of another is refused', () => {
  test.each<[string, Schema]>([
    ['objects', z.union([z.object({ a: z.string() }), z.object({ a: z.string(), b: z.string() })])],
    [
      'objects with other optional keys',
      z.union([z.object({ a: z.string().optional() }), z.object({ b: z.string().optional() })]),
    ],
    [
      'objects in objects',
      z.union([z.object({ v: z.object({}) }), z.object({ v: z.object({ a: z.string() }) })]),
    ],
    ['lists of objects', z.union([z.array(z.object({})), z.array(z.object({ a: z.string() }))])],
    [
      'an object and a date, which zod takes for one',
      z.union([z.object({ a: z.string().optional() }), isoDate]),
    ],
    [
      'an object with a size and a Map',
      z.union([z.object({ size: z.number() }), map(z.string(), z.string())]),
    ],
    ['an object with an href and a URL', z.union([z.object({ href: z.string() }), url])],
    [
      'an intersection and JSON',
      z.union([z.object({}).and(z.object({ a: z.string().optional() })), z.json()]),
    ],
    [
      'an intersection and a set',
      z.union([z.object({}).and(z.object({ a: z.string().optional() })), set(z.string())]),
    ],
  ])('%s', (_what, schema) => {
    expect(findUnserializable(schema)).toMatchObject({ problem: expect.stringMatching(/drop/) })
  })
})

describe('a schema whose values would arrive changed is refused', () => {
  test.each<[what: string, schema: Schema, path: string, problem: RegExp]>([
    ['a loose record', z.looseRecord(z.enum(['a']), z.string()), '', /z\.looseRecord\(\)/],
    ['a pipe into coercion', z.string().pipe(z.coerce.number()), '', /pipe into z\.coerce/],
    [
      'a pipe into coercion of a key',
      z.object({ n: z.string() }).pipe(z.object({ n: z.coerce.number<string>() })),
      '',
      /pipe into z\.coerce/,
    ],
    [
      'an optional default',
      z.object({ a: z.string().default('x').optional() }),
      '.a',
      /optional with a default/,
    ],
    [
      'an object whose defaults were made optional',
      z.object({ a: z.number().default(1) }).partial(),
      '.a',
      /optional with a default/,
    ],
    ['bytes that are to be frozen', bytes.readonly(), '', /cannot freeze/],
    [
      'an object with a symbol as its key',
      z.object({ [Symbol('a')]: z.string() } as never),
      '',
      /the key Symbol\(a\)/,
    ],
    [
      'an enum with a value that JSON does not have',
      z.enum({ A: Number.POSITIVE_INFINITY }),
      '',
      /the literal Infinity/,
    ],
    [
      'a set on both sides of an intersection',
      z.object({ a: set(z.string()) }).and(z.object({ a: set(z.string()) })),
      '.a',
      /both sides of an intersection/,
    ],
    [
      'an intersection of maps',
      z.intersection(map(z.string(), z.string()), map(z.string(), z.string())),
      '',
      /both sides of an intersection/,
    ],
    [
      'a discriminator that is a codec',
      z.discriminatedUnion('type', [
        z.object({
          type: z.codec(z.literal('a'), z.literal('b'), {
            decode: () => 'b' as const,
            encode: () => 'a' as const,
          }),
        }),
        z.object({
          type: z.codec(z.literal('b'), z.literal('a'), {
            decode: () => 'a' as const,
            encode: () => 'b' as const,
          }),
        }),
      ]),
      '.type',
      /a codec used as the discriminator/,
    ],
  ])('%s', (_what, schema, path, problem) => {
    expect(findUnserializable(z.object({ v: schema }))).toEqual({
      path: `.v${path}`,
      problem: expect.stringMatching(problem),
      remedy: expect.stringMatching(/^(Use|Remove|Declare) /),
    })
  })

  test.each<[string, Schema]>([
    ['coercion alone', z.coerce.number()],
    ['a pipe from coercion', z.coerce.number().pipe(z.number().min(1))],
    ['a pipe into a codec', z.string().pipe(isoDate)],
    ['a readonly set', set(z.string()).readonly()],
    [
      'a date on both sides of an intersection',
      z.object({ at: isoDate }).and(z.object({ at: isoDate, n: bigint })),
    ],
    [
      'a map on one side of an intersection',
      z.object({ a: map(z.string(), isoDate) }).and(z.object({ b: z.string() })),
    ],
    [
      'an intersection with a union',
      z
        .object({ id: z.string() })
        .and(
          z.discriminatedUnion('type', [
            z.object({ type: z.literal('a'), at: isoDate }),
            z.object({ type: z.literal('b') }),
          ]),
        ),
    ],
    ['a default that was optional', z.object({ a: z.string().optional().default('x') })],
  ])('but not %s', (_what, schema) => {
    expect(findUnserializable(schema)).toBeUndefined()
  })
})

test('sample texts of a format have that format', () => {
  const formats: Record<string, z.ZodType> = {
    uuid: z.uuid(),
    guid: z.guid(),
    email: z.email(),
    ulid: z.ulid(),
    nanoid: z.nanoid(),
    cuid: z.cuid(),
    cuid2: z.cuid2(),
    xid: z.xid(),
    ksuid: z.ksuid(),
    ipv4: z.ipv4(),
    ipv6: z.ipv6(),
    cidrv4: z.cidrv4(),
    cidrv6: z.cidrv6(),
    e164: z.e164(),
    jwt: z.jwt(),
    base64: z.base64(),
    base64url: z.base64url(),
    datetime: z.iso.datetime(),
    date: z.iso.date(),
    time: z.iso.time(),
    duration: z.iso.duration(),
    isoDate,
    bigint,
    bytes,
    url,
  }
  for (const [name, schema] of Object.entries(formats)) {
    const samples = textSamplesOf(schema as never)
    expect([name, samples?.length ?? 0]).toEqual([name, expect.any(Number)])
    expect([name, samples?.filter((text) => !schema.safeParse(text).success)]).toEqual([name, []])
  }
  expect(textSamplesOf(z.string() as never)).toBeUndefined()
  expect(textSamplesOf(z.email().max(5) as never)).toBeUndefined()
})
