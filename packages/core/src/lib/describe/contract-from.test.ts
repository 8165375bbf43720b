import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import * as z from 'zod'
import * as zod from 'zod/v4/core'
import { changed, depth1, depth2, type Kind } from '../../../test/arbitrary-schemas.js'
import { bigint, bytes, isoDate, map, set, url } from '../codecs.js'
import { findUnserializable } from '../json-safety.js'
import { channel, command, stream } from '../procedure.js'
import type { ContractDefinition } from '../types/contract.js'
import type { Channel } from '../types/procedure.js'
import { contractFrom } from './contract-from.js'
import { describe as describeContract } from './describe.js'
import type { ContractDocument } from './document.js'

/** Describes a schema and makes a schema of the description, over JSON as from a server. */
function derived(schema: z.core.$ZodType): z.core.$ZodType {
  const document = described({ room: channel({ events: { event: schema } as never }) })
  return (contractFrom(document)['room'] as Channel).events['event'] as z.core.$ZodType
}

function described(contract: ContractDefinition): ContractDocument {
  return JSON.parse(JSON.stringify(describeContract(contract)))
}

const accepts = (schema: z.core.$ZodType, json: unknown) => zod.safeParse(schema, json).success

/** Schemas that take more or less than a description says: by rewriting, coercion, a fallback, or a codec's own code. */
const vague = /xor|template|prefault|trimmed|coerced|catch|stringbool|celsius|cents|maybe|omitted/

describe('a contract of a description accepts on the wire what the described one accepts', () => {
  const encodable = depth2.chain((of) => of.values.map((value) => shown(of, value)))
  test('for each value that its server sends', () => {
    let compared = 0
    fc.assert(
      fc.property(encodable, ({ of: { schema, text }, value }) => {
        if (findUnserializable(schema) || /catch/.test(text)) return
        const json = wireOf(schema, value)
        if (json === undefined) return
        compared += 1
        expect(accepts(derived(schema), json)).toBe(true)
      }),
      { numRuns: 300 },
    )
    expect(compared).toBeGreaterThan(30)
  })

  const pairs = fc.tuple(depth2, depth1).chain(([of, other]) =>
    fc
      .tuple(of.values, other.values, fc.nat(2), fc.constantFrom('none', 'other', 'set', 'delete', 'add'))
      .map(([value, part, index, how]) => {
        const [json, inner] = [wireOf(of.schema, value), wireOf(other.schema, part)]
        if (how === 'none') return shown(of, json)
        const sent = how === 'other' ? inner : changed(json, inner, index, how)
        return shown(of, sent === undefined ? undefined : JSON.parse(JSON.stringify(sent)))
      }),
  )
  test('and refuses what that refuses', () => {
    let [accepted, refused] = [0, 0]
    fc.assert(
      fc.property(pairs, ({ of: { schema, text }, value }) => {
        if (findUnserializable(schema) || vague.test(text) || value === undefined) return
        const isAccepted = accepts(schema, value)
        if (isAccepted) accepted += 1
        else refused += 1
        expect(accepts(derived(schema), value)).toBe(isAccepted)
      }),
      { numRuns: 600 },
    )
    expect(Math.min(accepted, refused)).toBeGreaterThan(30)
  })

  test('so that a description of it has the same hash', () => {
    fc.assert(
      fc.property(depth2, ({ schema, text }) => {
        // Some patterns are tested by code, and a template has no other form.
        if (findUnserializable(schema) || /xor|catch|prefault|regex|template|Date/.test(text)) return
        const document = described({ send: command({ output: schema as never }) })
        expect(describeContract(contractFrom(document)).hash).toBe(document.hash)
      }),
      { numRuns: 150 },
    )
  })
})

function shown(of: Kind, value: unknown) {
  return { of, value, [fc.toStringMethod]: () => `${of.text}: ${fc.stringify(value)}` }
}

/** Returns a value as it travels, undefined for one that its schema refuses. */
function wireOf(schema: z.core.$ZodType, value: unknown): unknown {
  try {
    const text = JSON.stringify(zod.encode(schema, value))
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

describe('each kind of text is told from others', () => {
  const texts = [
    '',
    'a',
    'A',
    'ab-c',
    '5',
    '-12',
    'aGk=',
    'a@b.co',
    '::1',
    '1.2.3.4',
    '10.0.0.0/8',
    'P1D',
    '12:30',
    '12:30:15.5',
  ]
  texts.push(
    '2026-02-28',
    '2026-02-28T10:00:00Z',
    '2026-02-28T10:00Z',
    '2026-02-28T10:00:00.123Z',
    '2026-02-28T10:00:00+01:00',
  )
  texts.push(
    '2026-02-30T10:00:00Z',
    '+010000-01-01T00:00:00Z',
    'https://a.example/',
    'mailto:a@b.co',
    '+41791234567',
    'a'.repeat(21),
  )
  texts.push(
    '00000000-0000-4000-8000-000000000000',
    '00000000-0000-0000-0000-000000000001',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '😀',
  )
  const schemas: readonly z.core.$ZodType[] = [
    ...[
      isoDate,
      bigint,
      bytes,
      url,
      z.email(),
      z.email({ pattern: /^a@/ }),
      z.uuid(),
      z.uuidv7(),
      z.guid(),
      z.url(),
    ],
    ...[z.ipv4(), z.ipv6(), z.cidrv4(), z.base64(), z.base64url(), z.e164(), z.emoji(), z.ulid(), z.nanoid()],
    ...[z.iso.date(), z.iso.time(), z.iso.time({ precision: -1 }), z.iso.duration(), z.iso.datetime()],
    ...[z.iso.datetime({ offset: true }), z.iso.datetime({ local: true }), z.iso.datetime({ precision: 3 })],
    ...[
      z.string().min(1).max(3),
      z.string().length(2),
      z.string().regex(/^a/i),
      z.string().regex(/^[a-z]+$/),
    ],
    ...[
      z.string().startsWith('a'),
      z.string().endsWith('='),
      z.string().includes('-'),
      z.string().lowercase(),
    ],
    ...[
      z.string().regex(/a/).regex(/b/),
      z.string().email().endsWith('co'),
      z.templateLiteral(['a', z.number()]),
    ],
    ...[z.literal('a'), z.enum(['a', '5']), z.string().pipe(z.email()), z.string().regex(/^\p{L}+$/u)],
  ]
  it.each(schemas.map((schema, index) => [index, schema] as const))('%i', (_index, schema) => {
    const read = derived(schema)
    const found = texts.filter((text) => accepts(schema, text))
    expect(texts.filter((text) => accepts(read, text))).toEqual(found)
    expect(found.length).toBeLessThan(texts.length)
  })
})

it('keeps what a description says about values, whatever they are in the described contract', () => {
  const read = derived(z.object({ tags: set(z.string()), dates: map(z.string(), isoDate), more: z.json() }))
  const value = { tags: ['a'], dates: [['a', '1970-01-01T00:00:00.000Z']], more: { a: [null] }, new: 'kept' }
  expect(zod.parse(read, value)).toEqual(value)
  expect(accepts(read, { ...value, tags: [1] })).toBe(false)
  expect(accepts(read, { ...value, dates: [['a', 'never']] })).toBe(false)
})

it('has params and inputs that may be omitted, with their defaults', () => {
  const contract = {
    room: channel({
      params: {
        id: z.string(),
        tag: z.string().optional(),
        page: z.number().default(3),
        at: isoDate.default(() => new Date()),
      },
      events: {},
    }),
    send: command({ input: z.object({ limit: z.number().default(3) }).default({ limit: 1 }) }),
  }
  const { room, send } = contractFrom(described(contract)) as unknown as typeof contract
  expect(zod.parse(z.object(room.params), { id: 'a' })).toEqual({ id: 'a', page: 3 })
  expect(zod.parse(send.input as never, undefined)).toEqual({ limit: 1 })
  expect(zod.parse(send.input as never, {})).toEqual({ limit: 3 })
})

it('has the texts and kinds of the procedures, and those of the schemas', () => {
  const text = z.string().meta({ title: 'Text', description: 'A text', examples: ['hi'], deprecated: true })
  const contract = {
    rooms: { room: channel({ meta: { title: 'Room' }, events: { message: text, left: undefined } }) },
    send: command({ errors: { muted: undefined }, meta: { deprecated: 'Use post' } }),
    run: stream({ events: { token: text }, output: z.object({ at: isoDate.describe('When') }) }),
  }
  const document = described(contract)
  const again = described(contractFrom(document))
  expect(again.procedures).toMatchObject({
    ...document.procedures,
    run: { events: (document.procedures['run'] as { events: object }).events },
  })
  expect(again.hash).toBe(document.hash)
})

it('reads recursive schemas', () => {
  interface Tree {
    at: Date
    inside: Tree[]
  }
  const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ at: isoDate, inside: z.array(Tree) }))
  const read = derived(Tree)
  const leaf = { at: '1970-01-01T00:00:00Z', inside: [] }
  expect(accepts(read, { ...leaf, inside: [leaf] })).toBe(true)
  expect(accepts(read, { ...leaf, inside: [{ inside: [] }] })).toBe(false)
})

describe('a document of a stranger', () => {
  const withProcedures = (procedures: unknown) => ({ tidings: 1, hash: '', procedures })
  const withEvent = (wire: unknown) =>
    withProcedures({ room: { kind: 'channel', params: {}, events: { event: { wire } } } })
  const nested = (depth: number): unknown => (depth === 0 ? {} : { type: 'array', items: nested(depth - 1) })
  const wire = 'procedures.room.events.event.wire'

  const faults: readonly [what: string, document: unknown, message: string][] = [
    ['no object', null, 'it is null. Expected an object'],
    ['a text', 'tidings', 'it is "tidings". Expected an object'],
    ['another document', { openapi: '3.2.0' }, 'tidings is undefined. Expected 1'],
    [
      'a later version',
      { tidings: 2, procedures: {} },
      'tidings is 2, a later version than 1. Update @tidings/core',
    ],
    ['no procedures', { tidings: 1 }, 'procedures is undefined. Expected an object'],
    [
      'an unknown kind',
      withProcedures({ a: { kind: 'query' } }),
      'procedures.a.kind is "query". Expected "channel", "command" or "stream"',
    ],
    [
      'a prototype',
      JSON.parse('{"tidings":1,"procedures":{"__proto__":{"kind":"command"}}}'),
      'procedures.__proto__ has the name "__proto__", which is not a valid name',
    ],
    [
      'a prototype as group',
      withProcedures({ '__proto__/send': { kind: 'command' } }),
      'procedures["__proto__/send"] has the name "__proto__", which is not a valid name',
    ],
    [
      'a name of Tidings',
      withProcedures({ $health: { kind: 'command' } }),
      'procedures.$health has the name "$health", which begins with $',
    ],
    [
      'an empty name',
      withProcedures({ 'a//b': { kind: 'command' } }),
      'procedures["a//b"] has the name "", which is not a valid name',
    ],
    [
      'a procedure that is a group',
      withProcedures({ a: { kind: 'command' }, 'a/b': { kind: 'command' } }),
      'procedures["a/b"] is inside "a", which is a procedure',
    ],
    [
      'a group that is a procedure',
      withProcedures({ 'a/b': { kind: 'command' }, a: { kind: 'command' } }),
      'procedures.a is a group as well',
    ],
    [
      'too many groups',
      withProcedures({ [`${'a/'.repeat(40)}b`]: { kind: 'command' } }),
      'is inside more than 32 groups',
    ],
    [
      'a payload without schema',
      withProcedures({ a: { kind: 'command', input: {} } }),
      'procedures.a.input.wire is undefined. Expected an object',
    ],
    [
      'a param without schema',
      withProcedures({ a: { kind: 'channel', params: { id: null } } }),
      'procedures.a.params.id is null. Expected an object',
    ],
    [
      'an unknown type',
      withEvent({ type: 'date' }),
      `${wire}.type is "date", which is not a type of JSON Schema`,
    ],
    [
      'a bound that is none',
      withEvent({ type: 'string', minLength: -1 }),
      `${wire}.minLength is -1. Expected a whole number of 0 or more`,
    ],
    [
      'a number that is none',
      withEvent({ type: 'number', minimum: '1' }),
      `${wire}.minimum is "1". Expected a number`,
    ],
    [
      'a divisor of 0',
      withEvent({ type: 'number', multipleOf: 0 }),
      `${wire}.multipleOf is 0. Expected a number above 0`,
    ],
    [
      'properties that are none',
      withEvent({ type: 'object', properties: [] }),
      `${wire}.properties is []. Expected an object`,
    ],
    [
      'a property of a prototype',
      withEvent(JSON.parse('{"type":"object","properties":{"__proto__":{}}}')),
      `${wire}.properties has the name __proto__`,
    ],
    [
      'a required prototype',
      withEvent({ type: 'object', required: ['__proto__'] }),
      `${wire}.required has "__proto__", which is not the name`,
    ],
    [
      'an expression that is none',
      withEvent({ type: 'string', pattern: '(' }),
      `${wire}.pattern is not a regular expression`,
    ],
    [
      'an unknown reference',
      withEvent({ $ref: '#/$defs/Other' }),
      `${wire}.$ref is "#/$defs/Other", which is not one of the $defs of ${wire}`,
    ],
    ['a reference to elsewhere', withEvent({ $ref: 'https://a.example/' }), 'which is not one of the $defs'],
    [
      'a definition of itself',
      withEvent({
        $ref: '#/$defs/A',
        $defs: { A: { anyOf: [{ $ref: '#/$defs/B' }] }, B: { $ref: '#/$defs/A' } },
      }),
      `${wire}.$defs.A contains itself without a value in between`,
    ],
    ['an empty union', withEvent({ anyOf: [] }), `${wire}.anyOf is empty. Expected one schema or more`],
    [
      'a choice of objects',
      withEvent({ enum: [{}] }),
      `${wire}.enum has {}. Expected texts, numbers, booleans or null`,
    ],
    ['depth', withEvent(nested(101)), 'is nested more than 100 schemas deep'],
    [
      'size',
      withEvent({ type: 'array', prefixItems: Array.from({ length: 100_001 }, () => ({})) }),
      'is one of more than 100000 schemas',
    ],
  ]
  it.each(faults)('is refused for %s', (_what, document, message) => {
    expect(() => contractFrom(document as never)).toThrow(`The document does not describe a contract: `)
    expect(() => contractFrom(document as never)).toThrow(message)
  })

  it('is refused for a name that is reserved', () => {
    const document = withProcedures({ room: { kind: 'channel', params: {}, events: { open: null } } })
    expect(() => contractFrom(document as never)).toThrow('contract.room.events.open: "open" is reserved')
  })

  it('may have names that all objects have', () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'constructor2/valueOf']
    const properties = Object.fromEntries(names.slice(0, 3).map((name) => [name, { type: 'string' }]))
    const document = withProcedures(
      Object.fromEntries(
        names.map((name) => [name, { kind: 'command', input: { wire: { type: 'object', properties } } }]),
      ),
    )
    const contract = contractFrom(document as never) as unknown as Record<string, { input: z.core.$ZodType }>
    expect(Object.keys(contract)).toEqual(['constructor', 'toString', 'hasOwnProperty', 'constructor2'])
    expect(
      accepts(contract['toString']?.input as never, { constructor: 'a', toString: 'b', hasOwnProperty: 'c' }),
    ).toBe(true)
    expect(accepts(contract['toString']?.input as never, { constructor: 5 })).toBe(false)
  })

  const eventOf = (schema: unknown) =>
    (contractFrom(withEvent(schema) as never)['room'] as Channel).events['event'] as z.core.$ZodType

  const slow = [
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|ab)*$',
    '^(a?){50}$',
    '^a*a*a*a*a*a*a*$',
    '(?=a)a',
    '^(a)\\1+$',
    `^${'(a|a)'.repeat(40)}$`,
    `^${'a?'.repeat(40)}$`,
    '^((a{2,9}){2,9}){2,9}$',
    `^${'a'.repeat(2_000)}$`,
  ]
  it.each(slow)('with the expression %s, which may take long, is not tested with it', (pattern) => {
    expect(accepts(eventOf({ type: 'string', pattern }), `${'a'.repeat(50)}!`)).toBe(true)
  })

  const quick = [
    '^[a-z]+$',
    '^a*a*a*a*$',
    'a+b+c',
    '^#[0-9a-f]{6}$',
    '^\\d{4}-\\d{2}$',
    '^(?:a|b|c)$',
    '^[a-z]+@[a-z]+$',
    '^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$',
    'x',
  ]
  it.each(quick)('with the expression %s is tested with it', (pattern) => {
    expect(accepts(eventOf({ type: 'string', pattern }), `${'-'.repeat(50)}!`)).toBe(false)
  })

  it('lets a value be omitted whose default does not fit', () => {
    const event = eventOf({ type: 'object', properties: { a: { type: 'string', default: 5 } } })
    expect(zod.parse(event, {})).toEqual({})
    expect(accepts(event, { a: 5 })).toBe(false)
  })

  it('ignores keywords that it does not know', () => {
    expect(
      accepts(eventOf({ type: 'string', 'x-unit': 'ms', contentMediaType: 'text/html', if: {} }), 'a'),
    ).toBe(true)
  })
})
