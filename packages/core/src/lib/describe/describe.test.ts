import {
  bigint,
  bytes,
  channel,
  command,
  defineContract,
  isoDate,
  map,
  set,
  stream,
  url,
} from '@tidings/core'
import { type ContractDocument, contractFrom, describe as describeContract } from '@tidings/core/describe'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'

const contract = defineContract({
  room: channel({
    params: { roomId: z.string().min(1) },
    snapshot: z.object({ messages: z.array(z.string()) }),
    events: { message: z.object({ text: z.string(), sentAt: isoDate }), cleared: undefined },
  }),
  chat: {
    send: command({ input: z.object({ text: z.string() }), errors: { muted: z.object({ until: isoDate }) } }),
    complete: stream({ events: { token: z.string() }, output: z.object({ tokens: z.number() }) }),
  },
})

it('describes a contract, and makes a contract of the description', () => {
  const document = describeContract(contract)
  expect(Object.keys(document.procedures)).toEqual(['room', 'chat/send', 'chat/complete'])
  expect(document.procedures['room']).toMatchObject({
    events: { message: { wire: { properties: { sentAt: { type: 'string' } } } }, cleared: null },
  })
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  const { events } = contractFrom(document)['room'] as unknown as { events: Record<string, z.ZodType> }
  expect(
    z.safeParse(events['message'] as never, { text: 'hi', sentAt: '2026-01-01T00:00Z', more: [1] }).data,
  ).toEqual({
    text: 'hi',
    sentAt: '2026-01-01T00:00Z',
    more: [1],
  })
  expect(z.safeParse(events['message'] as never, { text: 'hi' }).success).toBe(false)
  expect(Object.keys(contractFrom(document))).toEqual(['room', 'chat'])
})

it('has the text about procedures', () => {
  const meta = { title: 'Send', description: 'Sends a *message*.', deprecated: 'Use post' }
  const { procedures } = describeContract(
    defineContract({ send: command({ meta }), room: channel({ events: {}, meta: { deprecated: true } }) }),
  )
  expect(procedures['send']).toEqual({ kind: 'command', ...meta, errors: {} })
  expect(procedures['room']).toEqual({ kind: 'channel', deprecated: true, params: {}, events: {} })
})

function eventOf(schema: z.core.$ZodType) {
  const { procedures } = describeContract({ room: channel({ events: { event: schema } as never }) })
  const room = procedures['room'] as Extract<ContractDocument['procedures'][string], { kind: 'channel' }>
  return room.events['event']
}

function inputOf(schema: z.core.$ZodType) {
  const { procedures } = describeContract({ send: command({ input: schema as never }) })
  return (procedures['send'] as Extract<ContractDocument['procedures'][string], { kind: 'command' }>).input
}

describe('the three forms of a value', () => {
  it('are one where a program holds what travels', () => {
    expect(eventOf(z.object({ a: z.string().optional(), b: z.json() }))).toEqual({
      wire: { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['b'] },
    })
    expect(inputOf(z.array(z.int32().nullable()))).toEqual({
      wire: {
        type: 'array',
        items: {
          anyOf: [{ type: 'integer', minimum: -2147483648, maximum: 2147483647 }, { type: 'null' }],
        },
      },
    })
  })

  class Money {}
  const values: readonly [what: string, schema: z.core.$ZodType, wire: object, value: object][] = [
    [
      'a Date',
      isoDate,
      { type: 'string', format: 'date-time', 'x-tidings-format': 'Date' },
      { 'x-tidings-value': 'Date' },
    ],
    [
      'a bigint',
      bigint,
      { type: 'string', pattern: '^-?\\d{1,4096}$', 'x-tidings-format': 'bigint' },
      { 'x-tidings-value': 'bigint' },
    ],
    [
      'bytes',
      bytes,
      { type: 'string', contentEncoding: 'base64', 'x-tidings-format': 'Uint8Array' },
      { 'x-tidings-value': 'Uint8Array' },
    ],
    [
      'a URL',
      url,
      { type: 'string', format: 'uri', 'x-tidings-format': 'URL' },
      { 'x-tidings-value': 'URL' },
    ],
    [
      'a Set',
      set(z.string()),
      { type: 'array', items: { type: 'string' } },
      { 'x-tidings-value': 'Set', items: { type: 'string' } },
    ],
    [
      'a Map',
      map(z.string(), bigint),
      {
        type: 'array',
        items: {
          type: 'array',
          prefixItems: [
            { type: 'string' },
            { type: 'string', pattern: '^-?\\d{1,4096}$', 'x-tidings-format': 'bigint' },
          ],
          items: false,
          minItems: 2,
        },
      },
      {
        'x-tidings-value': 'Map',
        items: {
          type: 'array',
          prefixItems: [{ type: 'string' }, { 'x-tidings-value': 'bigint' }],
          items: false,
          minItems: 2,
        },
      },
    ],
    [
      'the number of a codec',
      z.codec(z.string(), z.number().min(0), { decode: Number, encode: String }),
      { type: 'string' },
      { type: 'number', minimum: 0 },
    ],
    [
      'an object of a class',
      z.codec(z.int(), z.instanceof(Money), { decode: () => new Money(), encode: () => 1 }),
      { type: 'integer' },
      { 'x-tidings-value': 'Money' },
    ],
    [
      'a value that its codec does not describe',
      mini.codec(mini.string(), mini.custom<Money>(), { decode: () => new Money(), encode: () => '' }),
      { type: 'string' },
      { 'x-tidings-value': 'unknown' },
    ],
    ['a flag', z.stringbool(), { type: 'string' }, { type: 'boolean' }],
  ]
  it.each(values)('mark %s', (_what, schema, wire, value) => {
    expect(eventOf(schema)).toEqual({ wire, given: value, handled: value })
    expect(inputOf(schema)).toEqual({ wire, given: value, handled: value })
    expect(eventOf(z.object({ at: schema }))).toMatchObject({ handled: { properties: { at: value } } })
  })

  it('of an input let the caller omit what has a default, which the handler gets', () => {
    const input = z.object({
      limit: z.int().default(10),
      since: isoDate.default(new Date(0)),
      tag: z.string().prefault('a'),
    })
    const properties = { limit: { type: 'integer', default: 10 }, tag: { type: 'string', default: 'a' } }
    expect(inputOf(input)).toEqual({
      wire: {
        type: 'object',
        properties: {
          ...properties,
          since: {
            type: 'string',
            format: 'date-time',
            'x-tidings-format': 'Date',
            default: '1970-01-01T00:00:00.000Z',
          },
        },
      },
      given: {
        type: 'object',
        properties: {
          ...properties,
          since: { 'x-tidings-value': 'Date', default: '1970-01-01T00:00:00.000Z' },
        },
      },
      handled: {
        type: 'object',
        properties: {
          limit: { type: 'integer' },
          since: { 'x-tidings-value': 'Date' },
          tag: { type: 'string' },
        },
        required: ['limit', 'since', 'tag'],
      },
    })
  })

  it('of an event have every key, which an older server may have omitted', () => {
    const event = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
    expect(eventOf(z.object({ a: z.string().default('x') }))).toEqual({
      wire: { type: 'object', properties: { a: { type: 'string', default: 'x' } } },
      given: event,
      handled: event,
    })
  })

  it('say which params may be omitted', () => {
    const params = { a: z.string(), b: z.string().optional(), c: z.string().default('c') }
    expect(describeContract({ room: channel({ params, events: {} }) }).procedures['room']).toMatchObject({
      params: {
        a: { wire: { type: 'string' } },
        b: { wire: { type: 'string' }, optional: true },
        c: { wire: { type: 'string', default: 'c' }, optional: true },
      },
    })
  })

  it('omit a default that is computed each time', () => {
    const input = z.object({
      at: isoDate.default(() => new Date()),
      id: z.string().default(() => crypto.randomUUID()),
    })
    const wire = inputOf(input)?.wire
    expect(wire).toEqual({
      type: 'object',
      properties: {
        at: { type: 'string', format: 'date-time', 'x-tidings-format': 'Date' },
        id: { type: 'string' },
      },
    })
  })
})

describe('texts about a schema', () => {
  it('are in all its forms, with examples as they travel', () => {
    const schema = isoDate.meta({
      title: 'Sent',
      description: 'When it was sent',
      deprecated: true,
      examples: [new Date(0), '2026-01-01T00:00:00Z', 'never'],
      'x-unit': 'day',
      type: 'number',
      check: () => {},
    } as never)
    const texts = { title: 'Sent', description: 'When it was sent', deprecated: true, 'x-unit': 'day' }
    expect(eventOf(z.object({ at: schema.optional() }))?.wire).toEqual({
      type: 'object',
      properties: {
        at: {
          type: 'string',
          format: 'date-time',
          'x-tidings-format': 'Date',
          ...texts,
          examples: ['1970-01-01T00:00:00.000Z', '2026-01-01T00:00:00Z'],
        },
      },
    })
    expect(eventOf(schema)?.handled).toEqual({ 'x-tidings-value': 'Date', ...texts })
  })

  it('give examples of whole objects as they travel', () => {
    const schema = z
      .object({ id: bigint, tags: set(z.string()) })
      .meta({ examples: [{ id: 7n, tags: new Set(['a']) }] })
    expect(eventOf(schema)?.wire).toMatchObject({ examples: [{ id: '7', tags: ['a'] }] })
  })
})

describe('a schema with an id', () => {
  const User = z.object({ name: z.string(), born: isoDate }).meta({ id: 'app/User', title: 'A user' })

  it('is defined once in each schema that it is in, under the same name', () => {
    const ref = { $ref: '#/$defs/app~1User' }
    const wire = eventOf(
      z.object({ from: User, to: z.array(User.describe('Not the author')).optional(), by: User.nullable() }),
    )?.wire
    expect(wire).toMatchObject({
      properties: {
        from: ref,
        to: { items: { type: 'object', title: 'A user', description: 'Not the author' } },
        by: { anyOf: [ref, { type: 'null' }] },
      },
      $defs: { 'app/User': { title: 'A user', properties: { born: { type: 'string' } } } },
    })
    expect(eventOf(User)).toMatchObject({
      wire: { ...ref, $defs: { 'app/User': { title: 'A user' } } },
      handled: { ...ref, $defs: { 'app/User': { properties: { born: { 'x-tidings-value': 'Date' } } } } },
    })
  })

  it('gets another name if two schemas have the same id', () => {
    const Other = z.string().meta({ id: 'app/User' })
    expect(eventOf(z.tuple([User, Other]))?.wire).toMatchObject({
      prefixItems: [{ $ref: '#/$defs/app~1User' }, { $ref: '#/$defs/app~1User2' }],
      $defs: { 'app/User': { type: 'object' }, 'app/User2': { type: 'string' } },
    })
  })
})

it('describes recursive schemas, in each form', () => {
  interface Folder {
    made: Date
    inside: Folder[]
  }
  const Folder: z.ZodType<Folder> = z.lazy(() => z.object({ made: isoDate, inside: z.array(Folder) }))
  const inside = { type: 'array', items: { $ref: '#/$defs/Recursive' } }
  expect(eventOf(Folder)).toMatchObject({
    wire: {
      $ref: '#/$defs/Recursive',
      $defs: { Recursive: { properties: { made: { type: 'string' }, inside } } },
    },
    handled: { $defs: { Recursive: { properties: { made: { 'x-tidings-value': 'Date' }, inside } } } },
  })
})

it('describes what both sides of an intersection take', () => {
  const a = z.strictObject({ a: z.string() })
  expect(eventOf(z.intersection(a, z.strictObject({ b: isoDate })))?.wire).toEqual({
    type: 'object',
    properties: {
      a: { type: 'string' },
      b: { type: 'string', format: 'date-time', 'x-tidings-format': 'Date' },
    },
    required: ['a', 'b'],
    additionalProperties: false,
  })
  const either = z.discriminatedUnion('is', [z.object({ is: z.literal(1) }), z.object({ is: z.literal(2) })])
  const branch = (is: number) => ({
    type: 'object',
    properties: { a: { type: 'string' }, is: { type: 'number', const: is } },
    required: ['a', 'is'],
  })
  expect(eventOf(z.intersection(z.object({ a: z.string() }), either))?.wire).toEqual({
    oneOf: [branch(1), branch(2)],
  })
})

it('describes the same contract the same, each time', () => {
  expect(JSON.stringify(describeContract(contract))).toBe(JSON.stringify(describeContract(contract)))
})

it('recognises the codecs of another installed copy of the package', async () => {
  vi.resetModules()
  const copy = await import('@tidings/core')
  expect(copy.isoDate).not.toBe(isoDate)
  const of = (codecs: typeof copy) =>
    eventOf(
      z.object({
        at: codecs.isoDate,
        size: codecs.bigint,
        data: codecs.bytes,
        link: codecs.url,
        tags: codecs.set(z.string()),
        days: codecs.map(z.string(), codecs.isoDate),
      }),
    )
  expect(of(copy)).toEqual(of({ ...copy, isoDate, bigint, bytes, url, set, map }))
})

it('refuses a contract with a mistake', () => {
  expect(() => describeContract({ room: channel({ events: { at: z.date() } } as never) })).toThrow(
    'contract.room.events.at is z.date(), which JSON cannot represent',
  )
})
