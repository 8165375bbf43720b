import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { isoDate } from '../codecs.js'
import { isoDate as miniDate } from '../mini-codecs.js'
import { channel, command, stream } from '../procedure.js'
import type { ContractDefinition } from '../types/contract.js'
import { describe as describeContract } from './describe.js'

const hashOf = (contract: ContractDefinition) => describeContract(contract).hash
const hashOfEvent = (schema: z.ZodType) => hashOf({ room: channel({ events: { event: schema } }) })

/** What a schema is, apart from how it is declared. */
type Spec =
  | { readonly is: 'text'; readonly least: number }
  | { readonly is: 'number'; readonly most: number }
  | { readonly is: 'email' | 'date' | 'flag' }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'list'; readonly of: Spec }
  | { readonly is: 'maybe'; readonly of: Spec }
  | { readonly is: 'object'; readonly fields: readonly Field[] }

interface Field {
  readonly name: string
  readonly of: Spec
  readonly optional: boolean
}

const leaf: fc.Arbitrary<Spec> = fc.oneof(
  fc.record({ is: fc.constant('text' as const), least: fc.nat(3) }),
  fc.record({ is: fc.constant('number' as const), most: fc.nat(3) }),
  fc.record({ is: fc.constantFrom('email' as const, 'date' as const, 'flag' as const) }),
  fc.record({
    is: fc.constant('choice' as const),
    of: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
  }),
)
const spec = fc.letrec<{ spec: Spec }>((tie) => ({
  spec: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ is: fc.constantFrom('list' as const, 'maybe' as const), of: tie('spec') }),
    fc.record({
      is: fc.constant('object' as const),
      fields: fc.uniqueArray(
        fc.record({ name: fc.constantFrom('a', 'b', 'c'), of: tie('spec'), optional: fc.boolean() }),
        { maxLength: 3, selector: ({ name }) => name },
      ),
    }),
  ),
})).spec

/** Declares a spec with zod. */
function plain(of: Spec): z.ZodType {
  switch (of.is) {
    case 'text':
      return z.string().min(of.least)
    case 'number':
      return z.number().max(of.most)
    case 'email':
      return z.email()
    case 'date':
      return isoDate
    case 'flag':
      return z.boolean()
    case 'choice':
      return z.enum(of.of as [string])
    case 'list':
      return z.array(plain(of.of))
    case 'maybe':
      return plain(of.of).nullable()
    case 'object':
      return z.object(
        Object.fromEntries(
          of.fields.map(({ name, of, optional }) => [name, optional ? plain(of).optional() : plain(of)]),
        ),
      )
  }
}

/** Declares the same with zod/mini, in the reverse order, and with texts, names and indirections. */
function another(of: Spec): mini.ZodMiniType {
  const schema = reversed(of)
  schema.register(z.globalRegistry, {
    id: `Id${Math.random()}`,
    title: of.is,
    description: 'Text',
    examples: [1],
  })
  return mini.readonly(mini.lazy(() => schema))
}

function reversed(of: Spec): mini.ZodMiniType {
  switch (of.is) {
    case 'text':
      return mini.string().check(mini.minLength(of.least))
    case 'number':
      return mini.number().check(mini.maximum(of.most))
    case 'email':
      return mini.email()
    case 'date':
      // A schema of its own, since texts are registered for it.
      return mini.lazy(() => miniDate)
    case 'flag':
      return mini.boolean()
    case 'choice':
      return mini.enum([...of.of].reverse() as [string])
    case 'list':
      return mini.array(another(of.of))
    case 'maybe':
      return mini.nullable(another(of.of))
    case 'object':
      return mini.object(
        Object.fromEntries(
          [...of.fields]
            .reverse()
            .map(({ name, of, optional }) => [name, optional ? mini.optional(another(of)) : another(of)]),
        ),
      )
  }
}

/** Writes a spec without the order of what has none. */
function ordered(of: Spec): unknown {
  if (of.is === 'choice') return [of.is, [...of.of].sort()]
  if (of.is === 'maybe' && of.of.is === 'maybe') return ordered(of.of)
  if (of.is === 'list' || of.is === 'maybe') return [of.is, ordered(of.of)]
  if (of.is !== 'object') return of
  const fields = of.fields.map(({ name, of, optional }) => [name, optional, ordered(of)] as const)
  return [of.is, fields.sort(([one], [other]) => (one < other ? -1 : 1))]
}

describe('contracts that travel alike have equal hashes', () => {
  test('whatever the library, order, texts, names and indirections', () => {
    fc.assert(
      fc.property(spec, (of) => {
        const one = { room: channel({ events: { a: plain(of), b: z.string() } }), ping: command() }
        const other = {
          ping: command(),
          room: channel({ events: { b: z.string(), a: another(of) as never } }),
        }
        expect(hashOf(other)).toBe(hashOf(one))
      }),
      { numRuns: 100 },
    )
  })

  test('and others do not', () => {
    fc.assert(
      fc.property(spec, spec, (one, other) => {
        const areAlike = JSON.stringify(ordered(one)) === JSON.stringify(ordered(other))
        expect(hashOfEvent(plain(one)) === hashOfEvent(plain(other))).toBe(areAlike)
      }),
      { numRuns: 100 },
    )
  })

  test('whether recursion is by name, by lazy, or unrolled by a step', () => {
    interface Tree {
      text: string
      inside: Tree[]
    }
    const byLazy: z.ZodType<Tree> = z.lazy(() => z.object({ text: z.string(), inside: z.array(byLazy) }))
    const Named: z.ZodType = z
      .object({
        inside: z.lazy(() => z.array(Named)),
        text: z.string(),
      })
      .meta({ id: 'Tree' })
    const unrolled = z.object({ text: z.string(), inside: z.array(Named) })
    const longer = z.object({ text: z.string().max(9), inside: z.array(Named) })
    const hash = hashOfEvent(byLazy)
    expect([hashOfEvent(Named), hashOfEvent(unrolled)]).toEqual([hash, hash])
    expect(hashOfEvent(longer)).not.toBe(hash)
  })

  test('whatever a codec of the program decodes to', () => {
    const celsius = z.codec(z.string(), z.number(), { decode: Number, encode: String })
    expect(hashOfEvent(celsius)).toBe(hashOfEvent(z.string()))
  })

  test('whatever the default that is computed each time', () => {
    const id = () =>
      z.object({ id: z.string().default(() => crypto.randomUUID()), at: isoDate.default(() => new Date()) })
    const asked = () => hashOf({ send: command({ input: id() }) })
    expect(asked()).toBe(asked())
  })
})

describe('any change of what travels changes the hash', () => {
  const input = z.object({ text: z.string(), limit: z.number().default(10) })
  const base = {
    room: channel({
      params: { roomId: z.string(), page: z.number().default(1) },
      snapshot: z.object({ count: z.number() }),
      events: { message: z.string(), cleared: undefined },
    }),
    chat: {
      send: command({ input, output: z.string(), errors: { muted: z.object({ until: isoDate }) } }),
      run: stream({ input, events: { token: z.string() }, output: z.number() }),
    },
  }
  const { room, chat } = base
  const changes: readonly [what: string, contract: ContractDefinition][] = [
    ['a procedure is renamed', { hall: room, chat }],
    ['a procedure moves to another group', { room, chat: { run: chat.run }, send: chat.send }],
    ['a procedure is added', { ...base, ping: command() }],
    ['a procedure is removed', { room }],
    ['a stream becomes a command', { room, chat: { ...chat, run: command({ input, output: z.number() }) } }],
    ['an event is renamed', { chat, room: { ...room, events: { post: z.string(), cleared: undefined } } }],
    ['an event has data', { chat, room: { ...room, events: { message: z.string(), cleared: z.string() } } }],
    ['an event has none', { chat, room: { ...room, events: { message: undefined, cleared: undefined } } }],
    [
      'an event becomes a date',
      { chat, room: { ...room, events: { message: isoDate, cleared: undefined } } },
    ],
    ['there is no snapshot', { chat, room: { ...room, snapshot: undefined } }],
    ['a param is renamed', { chat, room: { ...room, params: { id: z.string(), page: room.params.page } } }],
    [
      'a param may be omitted',
      { chat, room: { ...room, params: { ...room.params, roomId: z.string().optional() } } },
    ],
    [
      'a default is another',
      { chat, room: { ...room, params: { ...room.params, page: z.number().default(2) } } },
    ],
    ['a constraint is added', { room, chat: { ...chat, send: { ...chat.send, output: z.string().min(1) } } }],
    ['an error is removed', { room, chat: { ...chat, send: { ...chat.send, errors: {} } } }],
    ['an input is gone', { room, chat: { ...chat, send: { ...chat.send, input: undefined } } }],
  ]
  it.each(changes)('%s', (_what, contract) => {
    expect(hashOf(contract)).not.toBe(hashOf(base))
  })

  const schemas: readonly [what: string, z.ZodType, z.ZodType][] = [
    ['a minimum', z.string().min(1), z.string().min(2)],
    ['an exclusive bound', z.number().gt(1), z.number().gte(1)],
    ['a divisor', z.number().multipleOf(2), z.number().multipleOf(3)],
    ['an integer', z.int(), z.number()],
    ['the width of an integer', z.int32(), z.uint32()],
    ['an expression', z.string().regex(/a/), z.string().regex(/b/)],
    ['the flags of an expression', z.string().regex(/a/), z.string().regex(/a/i)],
    ['a format', z.email(), z.uuid()],
    ['the version of a format', z.uuid(), z.uuidv7()],
    ['the precision of a format', z.iso.datetime(), z.iso.datetime({ precision: 3 })],
    ['the expression of a format', z.email(), z.email({ pattern: /@/ })],
    ['strictness', z.object({}), z.strictObject({})],
    ['the others of an object', z.object({}), z.object({}).catchall(z.string())],
    ['a key that may be omitted', z.object({ a: z.string() }), z.object({ a: z.string().optional() })],
    ['the keys of a record', z.record(z.string(), z.null()), z.record(z.enum(['a']), z.null())],
    ['a record of some keys', z.record(z.enum(['a']), z.null()), z.partialRecord(z.enum(['a']), z.null())],
    ['the length of a list', z.array(z.null()), z.array(z.null()).max(2)],
    ['the order of a tuple', z.tuple([z.null(), z.string()]), z.tuple([z.string(), z.null()])],
    ['the rest of a tuple', z.tuple([z.null()]), z.tuple([z.null()], z.string())],
    ['the type of a literal', z.literal('1'), z.literal(1)],
    ['exclusiveness', z.union([z.string(), z.number()]), z.xor([z.string(), z.number()])],
    ['any JSON', z.json(), z.record(z.string(), z.json())],
  ]
  it.each(schemas)('%s', (_what, one, other) => {
    expect(hashOfEvent(one)).not.toBe(hashOfEvent(other))
  })
})

test('a hash is the same in each version of Tidings', () => {
  expect(hashOf({})).toMatchInlineSnapshot(`"KWGvLVWpxK_9pSthbza8W_2k8qiUhFWekVTcOVg9fKU"`)
  expect(
    hashOf({
      room: channel({
        params: { id: z.string().max(64) },
        events: { message: z.object({ text: z.string(), at: isoDate }) },
      }),
    }),
  ).toMatchInlineSnapshot(`"vqy-zI_JodWWOZuAS4W4POPJqdGt4SNXQVGWNJ2S0Bc"`)
})
