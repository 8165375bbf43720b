import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { bigint, channel, command, defineContract, isoDate, set, stream, url } from '../../index.js'
import { isoDate as miniDate } from '../../mini.js'
import type { ContractMistake } from './contract-mistake.js'
import type { Serializable } from './json-safety.js'
import type { EventNames, ParamNames } from './names.js'

describe('a schema that JSON cannot carry is a type error', () => {
  test('of each kind', () => {
    // @ts-expect-error JSON has no dates: isoDate
    channel({ events: { a: z.date() } })
    // @ts-expect-error JSON has no bigints: bigint
    channel({ events: { a: z.bigint() } })
    // @ts-expect-error JSON has no maps: map()
    channel({ events: { a: z.map(z.string(), z.string()) } })
    // @ts-expect-error JSON has no sets: set()
    channel({ events: { a: z.set(z.string()) } })
    // @ts-expect-error a transform cannot be undone
    channel({ events: { a: z.string().transform(Number) } })
    // @ts-expect-error a preprocessor cannot be undone
    channel({ events: { a: z.preprocess(String, z.string()) } })
    // @ts-expect-error unknown may be what JSON cannot represent
    channel({ events: { a: z.unknown() } })
    // @ts-expect-error any may be what JSON cannot represent
    channel({ events: { a: z.any() } })
    // @ts-expect-error JSON has no undefined
    channel({ events: { a: z.undefined() } })
    // @ts-expect-error JSON has no void
    channel({ events: { a: z.void() } })
    // @ts-expect-error JSON has no symbols
    channel({ events: { a: z.symbol() } })
    // @ts-expect-error JSON has no NaN
    channel({ events: { a: z.nan() } })
    // @ts-expect-error JSON has no promises
    channel({ events: { a: z.promise(z.string()) } })
    // @ts-expect-error JSON has no files
    channel({ events: { a: z.file() } })
    // @ts-expect-error an instance does not tell its JSON
    channel({ events: { a: z.instanceof(URL) } })
    // @ts-expect-error a codec is sent as its first schema, which is a date here
    channel({ events: { a: z.codec(z.date(), z.string(), { decode: String, encode: (a) => new Date(a) }) } })
    // @ts-expect-error schemas of zod/mini are looked at as well
    channel({ events: { a: mini.object({ at: mini.date() }) } })
  })

  test('wherever it is nested', () => {
    // @ts-expect-error a date in an object
    channel({ events: { a: z.object({ b: z.object({ at: z.date() }) }) } })
    // @ts-expect-error a date in an array
    channel({ events: { a: z.array(z.date()) } })
    // @ts-expect-error a date behind an optional key
    channel({ events: { a: z.object({ at: z.date().optional() }) } })
    // @ts-expect-error a date behind a nullable
    channel({ events: { a: z.date().nullable() } })
    // @ts-expect-error a date in a record
    channel({ events: { a: z.record(z.string(), z.date()) } })
    // @ts-expect-error a date in a union
    channel({ events: { a: z.union([z.string(), z.date()]) } })
    // @ts-expect-error a transform behind a default
    channel({ events: { a: z.object({ n: z.string().transform(Number).default(1) }) } })
  })

  test('in a tuple, an intersection, a literal and an object that accepts any keys', () => {
    // @ts-expect-error a date in a tuple
    channel({ events: { a: z.tuple([z.string(), z.date()]) } })
    // @ts-expect-error a date in the rest of a tuple
    channel({ events: { a: z.tuple([z.string()], z.date()) } })
    // @ts-expect-error a date in a tuple of zod/mini
    channel({ events: { a: mini.tuple([mini.date()]) } })
    // @ts-expect-error a date on the left of an intersection
    channel({ events: { a: z.object({ at: z.date() }).and(z.object({ b: z.string() })) } })
    // @ts-expect-error a date on the right of an intersection
    channel({ events: { a: z.intersection(z.object({ b: z.string() }), z.object({ at: z.date() })) } })
    // @ts-expect-error a literal undefined
    channel({ events: { a: z.literal(undefined) } })
    // @ts-expect-error a literal undefined among others
    channel({ events: { a: z.object({ b: z.literal(['c', undefined]) }) } })
    // @ts-expect-error a literal bigint
    channel({ events: { a: z.literal(5n) } })
    // @ts-expect-error keys that may hold anything
    channel({ events: { a: z.looseObject({ b: z.string() }) } })
    // @ts-expect-error keys that may hold anything, made in another way
    channel({ events: { a: z.object({ b: z.array(z.object({}).loose()) }) } })
    // @ts-expect-error keys that may hold anything, in zod/mini
    channel({ events: { a: mini.looseObject({}) } })
  })

  test('that would arrive as another value', () => {
    // @ts-expect-error a date would arrive as text
    channel({ events: { a: z.union([z.string(), isoDate]) } })
    // @ts-expect-error text of digits would arrive as a bigint
    channel({ params: { a: z.union([bigint, z.string()]) }, events: {} })
    // @ts-expect-error a set would arrive as a list
    channel({ events: { a: z.array(z.union([set(z.string()), z.array(z.string())])) } })
    // @ts-expect-error a date would arrive as text, in a union in a union
    channel({ events: { a: z.union([z.union([z.number(), z.string()]).nullable(), isoDate]) } })
    // @ts-expect-error a date would arrive as JSON
    channel({ events: { a: z.union([z.json(), isoDate]) } })
    // @ts-expect-error a date would arrive as text, in zod/mini
    channel({ events: { a: mini.union([mini.string(), miniDate]) } })
    // @ts-expect-error undefined would arrive as the default
    channel({ events: { a: z.object({ b: z.string().default('c').optional() }) } })
    // @ts-expect-error coercion cannot be undone
    channel({ events: { a: z.string().pipe(z.coerce.number()) } })
    const union = z.union([z.string(), isoDate])
    expectTypeOf<Serializable<typeof union>>().toEqualTypeOf<
      ContractMistake<'The schema has members which cannot be told apart on the wire. Use z.discriminatedUnion(), or wrap each in an object under its own key'>
    >()
    channel({
      events: {
        a: z.union([isoDate, bigint, url, z.number(), z.null()]),
        b: z.union([z.enum(['now']), z.literal('later'), isoDate]),
        c: z.union([z.email(), isoDate]),
        d: z.union([isoDate, set(z.string()), z.object({ a: z.string() })]),
        e: z.union([z.string(), z.array(z.string())]),
        f: z.coerce.number().pipe(z.number()),
        g: z.discriminatedUnion('type', [
          z.object({ type: z.literal('a'), v: z.string() }),
          z.object({ type: z.literal('b'), v: isoDate }),
        ]),
        h: z.object({ a: z.string().optional().default('b'), b: isoDate.nullish() }),
      },
    })
  })

  test('in each position of a procedure', () => {
    // @ts-expect-error a date as a param
    channel({ params: { since: z.date() }, events: {} })
    // @ts-expect-error a date in a snapshot
    channel({ snapshot: z.object({ at: z.date() }), events: {} })
    // @ts-expect-error a date in an input
    command({ input: z.object({ at: z.date() }) })
    // @ts-expect-error a date in an output
    command({ output: z.object({ at: z.date() }) })
    // @ts-expect-error a date in an error
    command({ errors: { muted: z.object({ until: z.date() }) } })
    // @ts-expect-error a date in the input of a stream
    stream({ input: z.date(), events: {} })
    // @ts-expect-error a date in the events of a stream
    stream({ events: { token: z.date() } })
    // @ts-expect-error a date in the output of a stream
    stream({ events: {}, output: z.date() })
    // @ts-expect-error a date in an error of a stream
    stream({ events: {}, errors: { late: z.date() } })
  })

  test('that says what to write instead', () => {
    expectTypeOf<Serializable<z.ZodObject<{ at: z.ZodArray<z.ZodDate> }>>>().toEqualTypeOf<
      ContractMistake<"The schema is z.date(), which JSON cannot represent. Use isoDate from '@tidings/core'">
    >()
    expectTypeOf<Serializable<z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>>>().toEqualTypeOf<
      ContractMistake<'The schema is a one-way transform, which cannot be undone on the other side. Use z.codec() with decode and encode'>
    >()
  })

  test('that names the kind of schema', () => {
    const loose = z.object({ list: z.tuple([z.looseObject({})]) })
    expectTypeOf<Serializable<typeof loose>>().toEqualTypeOf<
      ContractMistake<'The schema is z.unknown(), which may hold values JSON cannot represent. Use z.json(), or replace z.looseObject() with z.object()'>
    >()
    const mixed = z.literal([1n, 'a'])
    expectTypeOf<Serializable<typeof mixed>>().toEqualTypeOf<
      ContractMistake<'The schema is a bigint literal, which JSON cannot represent. Use a string, a finite number, a boolean or null'>
    >()
    const literal = z.literal(['a', undefined])
    expectTypeOf<Serializable<typeof literal>>().toEqualTypeOf<
      ContractMistake<'The schema is undefined, which JSON cannot represent. Make the key optional, or use z.null()'>
    >()
  })

  test('unless JSON can carry it', () => {
    expectTypeOf<Serializable<z.ZodObject<{ at: typeof isoDate; n: typeof bigint }>>>().toBeUnknown()
    expectTypeOf<Serializable<z.ZodJSONSchema>>().toBeUnknown()
    expectTypeOf<Serializable<undefined>>().toBeUnknown()
    channel({
      events: {
        a: z.json(),
        b: z.stringbool(),
        c: z.enum(['a']),
        d: z.templateLiteral(['v', z.number()]),
        e: z.object({ a: z.string().optional(), b: z.optional(z.undefined()) }),
        f: z.codec(z.string(), z.date(), { decode: (a) => new Date(a), encode: String }),
        g: z.string().pipe(z.email()),
        h: z.tuple([z.string(), isoDate], bigint),
        i: z.object({ at: isoDate }).and(z.object({ n: bigint })),
        j: z.object({ a: z.literal(['b', undefined]).optional(), b: z.literal(['a', 1, null, true]) }),
        k: z.object({ a: z.string() }).catchall(isoDate),
        l: z.strictObject({ a: z.string() }),
        m: z.looseObject({ a: z.string() }).catchall(z.json()),
      },
    })
  })
})

describe('a reserved name is a type error', () => {
  const text = z.string()

  test('of a procedure or group', () => {
    // @ts-expect-error names with $ are Tidings' own
    defineContract({ $room: command({}) })
    // @ts-expect-error the client has a member `connection`
    defineContract({ connection: command({}) })
    // @ts-expect-error the client has a member `close`
    defineContract({ close: { ping: command({}) } })
    // @ts-expect-error it would make the client a promise
    // biome-ignore lint/suspicious/noThenProperty: it is what is refused here.
    defineContract({ chat: { rooms: { then: command({}) } } })
    // @ts-expect-error names with $ are Tidings' own, in a group as well
    defineContract({ chat: { $x: command({}) } })
  })

  test('of an event', () => {
    // @ts-expect-error names with $ are Tidings' own
    channel({ events: { $open: text } })
    // @ts-expect-error an EventSource dispatches `error` of itself
    channel({ events: { error: text } })
    // @ts-expect-error an EventSource dispatches `open` of itself
    channel({ events: { open: text } })
    // @ts-expect-error `snapshot` stands beside the events
    channel({ events: { snapshot: text } })
    // @ts-expect-error `gap` stands beside the events
    channel({ events: { gap: text } })
    // @ts-expect-error it would make an emitter a promise
    // biome-ignore lint/suspicious/noThenProperty: it is what is refused here.
    channel({ events: { then: text } })
    // @ts-expect-error streams have the same
    stream({ events: { error: text } })
  })

  test('of a param', () => {
    // @ts-expect-error it is Tidings' own
    channel({ params: { lastEventId: text }, events: {} })
    // @ts-expect-error names with $ are Tidings' own
    channel({ params: { $room: text }, events: {} })
    // @ts-expect-error a name begins with a letter
    channel({ params: { '1st': text }, events: {} })
  })

  test('of any kind that a URL cannot contain', () => {
    // @ts-expect-error a name has no space
    defineContract({ 'a b': command({}) })
    // @ts-expect-error a name has no slash
    defineContract({ chat: { 'a/b': command({}) } })
    // @ts-expect-error a name begins with a letter
    defineContract({ _a: command({}) })
    // @ts-expect-error a name begins with a letter
    channel({ events: { 1: text } })
    // @ts-expect-error a name has no dot
    channel({ events: { 'a.b': text } })
    // @ts-expect-error a name begins with a letter
    command({ errors: { '': text } })
    channel({ params: { 'a-b_C9': text }, events: { A: text } })
  })

  test('of an error', () => {
    // @ts-expect-error Tidings has a code `not_found`
    command({ errors: { not_found: text } })
    // @ts-expect-error Tidings has a code `internal`
    stream({ events: {}, errors: { internal: text } })
    // @ts-expect-error names with $ are Tidings' own
    command({ errors: { $muted: text } })
  })

  test('that says so', () => {
    expectTypeOf<EventNames<{ error: z.ZodString }>['error']>().toEqualTypeOf<
      ContractMistake<'"error" is reserved. Choose another name'>
    >()
    expectTypeOf<EventNames<{ $a: z.ZodString }>['$a']>().toEqualTypeOf<
      ContractMistake<'"$a" begins with $, which is reserved for Tidings. Choose another name'>
    >()
    expectTypeOf<EventNames<{ message: z.ZodString }>['message']>().toBeUnknown()
    expectTypeOf<EventNames<Record<string, z.ZodString>>[string]>().toBeUnknown()
    expectTypeOf<ParamNames<{ 'a b': z.ZodString }>['a b']>().toEqualTypeOf<
      ContractMistake<'"a b" is not a valid name. Use a letter followed by up to 127 letters, digits, "_" or "-"'>
    >()
  })
})

test('an unknown key of a procedure is a type error', () => {
  // @ts-expect-error it is called events
  channel({ event: { a: z.string() } })
  // @ts-expect-error it is called snapshot
  channel({ events: {}, snapshots: z.string() })
  // @ts-expect-error it is called input
  command({ inputs: z.string() })
  // @ts-expect-error a stream has no snapshot
  stream({ events: {}, snapshot: z.string() })
  // @ts-expect-error a channel is declared with its events
  channel()
  // @ts-expect-error a stream is declared with its events
  stream()
})

test('a value that is not a procedure or schema is a type error', () => {
  // @ts-expect-error a schema is not a procedure
  defineContract({ room: z.string() })
  // @ts-expect-error a channel has events
  channel({})
  // @ts-expect-error text is not a schema
  channel({ events: { a: 'string' } })
  // @ts-expect-error one schema is not a record of schemas
  channel({ events: { a: z.string() }, params: z.string() })
  // @ts-expect-error a command has no events
  command({ events: { a: z.string() } })
})
