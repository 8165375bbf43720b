import { describe, expect, test } from 'vitest'
import * as classic from 'zod'
import * as mini from 'zod/mini'
import { bigint, bytes, isoDate, map, set, url } from './codecs.js'
import { findUnserializable } from './json-safety.js'
import type { Schema } from './types/schema.js'

// The schemas below use only what zod and zod/mini spell alike, so that one type serves for both.
describe.each([
  ['zod', classic],
  ['zod/mini', mini as unknown as typeof classic],
])('a schema of %s', (_name, z) => {
  const unserializable: Record<string, [schema: Schema, problem: RegExp, remedy: RegExp]> = {
    date: [z.date(), /z\.date\(\)/, /isoDate/],
    bigint: [z.bigint(), /z\.bigint\(\)/, /bigint from '@tidings\/core'/],
    map: [z.map(z.string(), z.string()), /z\.map\(\)/, /map\(key, value\)/],
    set: [z.set(z.string()), /z\.set\(\)/, /set\(item\)/],
    transform: [z.transform(String), /one-way transform/, /z\.codec\(\)/],
    'a transform at the end of a pipe': [z.pipe(z.string(), z.transform(Number)), /one-way/, /z\.codec\(\)/],
    unknown: [z.unknown(), /z\.unknown\(\)/, /z\.json\(\)/],
    any: [z.any(), /z\.any\(\)/, /z\.json\(\)/],
    undefined: [z.undefined(), /is undefined/, /Make the key optional/],
    void: [z.void(), /z\.void\(\)/, /Leave the schema out/],
    symbol: [z.symbol(), /a symbol/, /z\.enum\(\)/],
    nan: [z.nan(), /NaN/, /z\.number\(\)\.nullable\(\)/],
    function: [z.function() as unknown as Schema, /a function/, /command/],
    promise: [z.promise(z.string()), /a promise/, /Await it/],
    file: [z.file(), /a file/, /bytes from '@tidings\/core'/],
    custom: [z.custom<string>(), /z\.custom\(\)/, /z\.codec\(\)/],
    instanceof: [z.instanceof(Date), /z\.instanceof\(\)/, /z\.codec\(\)/],
    success: [z.success(z.string()), /z\.success\(\)/, /z\.boolean\(\)/],
    'a literal bigint': [z.literal(5n), /the literal 5n/, /a string, a finite number/],
    'a literal undefined': [z.literal(undefined), /the literal undefined/, /null/],
    'an infinite literal': [z.literal(Number.POSITIVE_INFINITY), /the literal Infinity/, /a finite number/],
    'a literal of several, one a bigint': [z.literal(['a', 5n]), /the literal 5n/, /a string/],
    'an optional value': [z.optional(z.string()), /may be undefined/, /z\.nullable\(\)/],
    'a codec whose wire side is no JSON': [
      z.codec(z.date(), z.string(), { decode: String, encode: (text) => new Date(text) }),
      /z\.date\(\)/,
      /isoDate/,
    ],
    'a codec whose decoded side cannot be undone': [
      z.codec(z.string(), z.pipe(z.string(), z.transform(Number)) as unknown as classic.ZodString, {
        decode: (text) => text,
        encode: (text) => text,
      }),
      /one-way/,
      /z\.codec\(\)/,
    ],
  }

  describe.each(Object.entries(unserializable))('that is %s', (_what, [inner, problem, remedy]) => {
    const places: Record<string, [schema: Schema, path: string]> = {
      'at the top': [inner, ''],
      'in an array': [z.array(inner), '[]'],
      'in arrays of objects': [z.object({ a: z.array(z.object({ b: z.array(inner) })) }), '.a[].b[]'],
      'in a tuple': [z.tuple([z.string(), inner as classic.ZodType]), '[1]'],
      'in the rest of a tuple': [z.tuple([z.string()], inner as classic.ZodType), '[…]'],
      'in a record': [z.record(z.string(), inner as classic.ZodType), '.*'],
      'in a union': [z.union([z.string(), inner]), ''],
      'behind a nullable': [z.nullable(inner), ''],
      'behind a readonly': [z.readonly(z.array(inner)), '[]'],
      'behind a default': [z._default(z.array(inner), () => []), '[]'],
      'behind a fallback': [z.catch(z.array(inner), []), '[]'],
      'in an intersection': [z.intersection(z.array(z.string()), z.array(inner)), '[]'],
      'behind a lazy': [z.lazy(() => z.array(inner)), '[]'],
      'as a key of map()': [map(inner, z.string()), '[][0]'],
      'as a value of map()': [z.object({ a: map(z.string(), inner) }), '.a[][1]'],
      'as an item of set()': [z.object({ a: set(inner) }), '.a[]'],
    }
    test.each(Object.entries(places))('is refused %s', (_place, [schema, path]) => {
      const found = findUnserializable(schema)
      expect(found).toEqual({
        path,
        problem: expect.stringMatching(problem),
        remedy: expect.stringMatching(remedy),
      })
    })
  })

  const omissible = new Set(['undefined', 'a literal undefined', 'an optional value'])
  test.each(Object.entries(unserializable).filter(([what]) => !omissible.has(what)))(
    'that is %s is refused as an optional key and in a catchall',
    (_what, [inner, problem]) => {
      const optional = z.object({ a: z.object({ b: z.optional(inner) }) })
      expect(findUnserializable(optional)).toMatchObject({
        path: '.a.b',
        problem: expect.stringMatching(problem),
      })
    },
  )

  test('that is recursive is refused for an unserializable part inside the recursion', () => {
    const Node = z.object({
      name: z.string(),
      get children() {
        return z.array(Node)
      },
      created: z.date(),
    })
    expect(findUnserializable(Node)?.path).toBe('.created')
    const Json: classic.ZodType = z.lazy(() => z.union([z.string(), z.array(Json), z.bigint()]))
    expect(findUnserializable(z.object({ Json }))).toMatchObject({
      path: '.Json',
      problem: expect.stringContaining('z.bigint()'),
    })
  })

  test('is refused for the keys of a record', () => {
    expect(findUnserializable(z.record(z.symbol(), z.string()))?.path).toBe('{key}')
    const shout = z.pipe(
      z.string(),
      z.transform((text) => text.toUpperCase()),
    )
    expect(findUnserializable(z.object({ a: z.record(shout, z.string()) }))).toMatchObject({
      path: '.a{key}',
      problem: expect.stringContaining('one-way transform'),
    })
  })

  test('on the decoded side of a codec may be unserializable, but not one-way', () => {
    const oneWay = z.pipe(z.string(), z.transform(Number))
    const decodedAs = (held: Schema) =>
      findUnserializable(
        z.codec(z.json(), held as never, { decode: () => null as never, encode: () => null }),
      )
    expect(decodedAs(z.map(z.date(), z.set(z.bigint())))).toBeUndefined()
    expect(decodedAs(z.map(oneWay, z.string()))?.path).toBe('{key}')
    expect(decodedAs(z.map(z.string(), z.array(oneWay)))?.path).toBe('{value}[]')
    expect(decodedAs(z.set(oneWay))?.path).toBe('{item}')
    expect(decodedAs(z.literal([5n]))).toBeUndefined()
    expect(decodedAs(z.optional(z.date()))).toBeUndefined()
  })

  test('that accepts unknown keys is refused with advice to use z.object()', () => {
    expect(findUnserializable(z.object({ a: z.looseObject({ b: z.string() }) }))).toEqual({
      path: '.a.*',
      problem: expect.stringContaining('z.unknown()'),
      remedy: expect.stringContaining('replace z.looseObject() with z.object()'),
    })
  })

  test('is checked in each position, not only in the first', () => {
    const date = z.date()
    const asText = z.codec(z.string(), date, {
      decode: (text) => new Date(text),
      encode: (value) => value.toISOString(),
    })
    expect(findUnserializable(z.object({ held: asText, sent: date }))?.path).toBe('.sent')

    const maybe = z.union([z.string(), z.undefined()])
    expect(findUnserializable(z.object({ key: z.optional(maybe), list: z.array(maybe) }))?.path).toBe(
      '.list[]',
    )
  })

  test.each<[what: string, schema: Schema]>([
    ['an optional element of an array', z.array(z.optional(z.string()))],
    ['an optional element of a tuple', z.tuple([z.string(), z.optional(z.string())])],
    ['an optional value of a record', z.record(z.string(), z.optional(z.string()))],
    ['an optional item of a set', set(z.optional(z.string()))],
    ['an optional member of a union', z.union([z.string(), z.optional(z.number())])],
  ])('is refused where JSON cannot omit %s', (_what, schema) => {
    expect(findUnserializable(schema)).toMatchObject({ problem: expect.stringContaining('may be undefined') })
  })

  // `{ a: undefined }` becomes `{}`, which such a schema takes for a missing key.
  test.each<[what: string, schema: Schema]>([
    ['undefined', z.object({ a: z.undefined() })],
    ['a union with undefined', z.object({ a: z.union([z.string(), z.undefined()]) })],
    ['a literal undefined', z.object({ a: z.literal(['b', undefined]) })],
  ])('is refused for a required key that may be %s', (_what, schema) => {
    expect(findUnserializable(schema)?.path).toBe('.a')
  })

  const legitimate: Record<string, Schema> = {
    'any JSON': z.json(),
    'text for a boolean': z.stringbool(),
    'an enum': z.enum(['a', 'b']),
    'literals that JSON has': z.literal(['a', 1, true, null]),
    'a template literal': z.templateLiteral(['v', z.number()]),
    'a discriminated union': z.discriminatedUnion('type', [
      z.object({ type: z.literal('a') }),
      z.object({ type: z.literal('b'), at: isoDate }),
    ]),
    'an optional key': z.object({ a: z.optional(z.string()) }),
    'a nullish key': z.object({ a: z.nullish(z.string()) }),
    'an exactly optional key': z.object({ a: z.exactOptional(z.string()) }),
    'an optional key behind a lazy': z.object({ a: z.lazy(() => z.optional(z.string())) }),
    'an optional key that may be undefined': z.object({
      a: z.optional(z.union([z.string(), z.undefined()])),
    }),
    'an optional key that is a literal undefined': z.object({ a: z.optional(z.literal(['b', undefined])) }),
    'a key with a default': z.object({ a: z._default(z.array(z.string()), []) }),
    'a key that was optional': z.object({ a: z.nonoptional(z.optional(z.string())) }),
    'a key whose codec may leave it out': z.object({
      a: z.codec(z.optional(z.string()), z.string(), {
        decode: (text) => text ?? '',
        encode: (text) => text || undefined,
      }),
    }),
    'a partial record': z.partialRecord(z.enum(['a', 'b']), z.string()),
    'nothing at all': z.never(),
    'an object that takes no other keys': z.strictObject({ a: z.string() }),
    'every codec': z.object({ isoDate, bigint, bytes, url, map: map(isoDate, bigint), set: set(set(url)) }),
    'a codec that holds anything': z.codec(z.string(), z.any(), { decode: (text) => text, encode: String }),
  }
  test.each(Object.entries(legitimate))('may be %s', (_what, schema) => {
    expect(findUnserializable(schema)).toBeUndefined()
  })

  test('may be recursive', () => {
    const Node = z.object({
      get children() {
        return z.array(Node)
      },
      get parent() {
        return z.optional(Node)
      },
    })
    expect(findUnserializable(Node)).toBeUndefined()
  })
})

test('z.preprocess() is refused, since it cannot be undone', () => {
  expect(
    findUnserializable(classic.object({ a: classic.preprocess(String, classic.string()) })),
  ).toMatchObject({
    path: '.a',
    problem: expect.stringContaining('one-way transform'),
  })
})

test('z.coerce is refused for kinds that JSON cannot carry', () => {
  expect(findUnserializable(classic.coerce.date())?.remedy).toContain('isoDate')
  expect(findUnserializable(classic.coerce.bigint())?.remedy).toContain('bigint')
  expect(findUnserializable(classic.coerce.number())).toBeUndefined()
})

test('the schema of a catchall is checked', () => {
  expect(findUnserializable(classic.object({}).catchall(classic.date()))?.path).toBe('.*')
  expect(findUnserializable(classic.object({}).catchall(isoDate))).toBeUndefined()
  expect(findUnserializable(classic.object({}).catchall(classic.optional(isoDate)))).toBeUndefined()
})
