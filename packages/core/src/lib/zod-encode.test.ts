import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as zod from 'zod/v4/core'
import { isoDate } from './codecs.js'
import { encoderOf as withPlan } from './encode-plan.js'
import { encoderOf as withoutPlan } from './no-plan.js'
import { givenPayloadCodec, payloadCodec } from './payload-codec.js'
import type { Schema } from './types/schema.js'

const at = new Date(0)
const name = z.string().min(3)
const withJson = z.object({ data: z.json(), name })

interface Person {
  name: string
  parent: Person | null
}
const LazyPerson: z.ZodType<Person> = z.lazy(() => z.object({ name, parent: z.nullable(LazyPerson) }))
const Folder = z.object({
  name,
  get folders() {
    return z.array(Folder).max(9)
  },
})

/** Recursive schemas with a short name where three characters are needed, beneath a list or object with checks. */
const misfits: readonly [what: string, schema: Schema, value: unknown, path: string][] = [
  [
    'JSON in a list',
    z.object({ at: isoDate, list: z.array(withJson).max(9) }),
    { at, list: [{ data: 1, name: 'x' }] },
    'list.0.name',
  ],
  [
    'JSON in an object with a check',
    z.object({ at: isoDate, meta: withJson.refine(() => true) }),
    { at, meta: { data: 1, name: 'x' } },
    'meta.name',
  ],
  [
    'a lazy schema',
    z.object({ at: isoDate, people: z.array(LazyPerson).max(9) }),
    { at, people: [{ name: 'ada', parent: { name: 'x', parent: null } }] },
    'people.0.parent.name',
  ],
  [
    'getters',
    z.object({ at: isoDate, root: Folder }),
    { at, root: { name: 'root', folders: [{ name: 'x', folders: [] }] } },
    'root.folders.0.name',
  ],
  [
    'an intersection, which a plan leaves to zod',
    z.object({
      at: isoDate,
      both: z.intersection(z.object({ list: z.array(withJson).max(9) }), z.object({ n: z.number() })),
    }),
    { at, both: { list: [{ data: 1, name: 'x' }], n: 1 } },
    'both.list.0.name',
  ],
]

describe.each([
  ['with a plan', withPlan],
  ['without a plan', withoutPlan],
])('an encoder %s', (_which, encoderOf) => {
  test.each(misfits)('checks the leaves of %s', (_what, schema, value, path) => {
    const result = encoderOf(schema)(schema, value)
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })

  test('encodes a value as a schema that is not recursive does', () => {
    fc.assert(
      fc.property(part.chain(withValue), ({ of, value }) => {
        const [recursive, twin] = [of.schemaWith(z.json()), of.schemaWith(z.custom(() => true))]
        const expected = zod.safeEncode(twin, value)
        expect(issuesOf(encoderOf(recursive)(recursive, value))).toEqual(issuesOf(expected))
        // zod decodes in one pass.
        const json = JSON.parse(JSON.stringify(value))
        expect(issuesOf(zod.safeParse(recursive, json))).toEqual(issuesOf(zod.safeParse(twin, json)))
      }),
      { numRuns: 1_000 },
    )
  })
})

test.each(misfits)(
  'a payload is refused for a leaf that does not fit in %s',
  (_what, schema, value, path) => {
    expect(() => payloadCodec(schema).encode(value, 'the event')).toThrow(
      expect.objectContaining({ code: 'invalid_output', message: expect.stringContaining(`at ${path}: `) }),
    )
  },
)

test('an input is filled in as the member of a union that it fits', () => {
  const members = z.union([
    z.object({ list: z.array(withJson).max(9), at: isoDate, n: z.number().default(1) }),
    z.object({
      list: z.array(z.object({ data: z.json(), name: z.string() })),
      at: isoDate,
      m: z.number().default(2),
    }),
  ])
  const list = [{ data: 1, name: 'x' }]
  expect(givenPayloadCodec(members).encode({ list, at }, 'the input')).toEqual({
    list,
    at: at.toISOString(),
    m: 2,
  })
})

/** Makes schemas that differ in the schema of their JSON, and values of which some do not fit. */
interface Part {
  schemaWith(json: z.ZodType): z.ZodType
  readonly values: fc.Arbitrary<unknown>
}

const leaf: Part = {
  schemaWith: (data) => z.object({ at: isoDate, name, data }),
  values: fc.record({
    at: fc.constant(at),
    name: fc.constantFrom('ada', 'x'),
    data: fc.constantFrom(null, 1, [1], { a: [{ b: null }] }),
  }),
}

const { part } = fc.letrec<{ part: Part }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant(leaf),
    tie('part').map((of) => ({
      schemaWith: (json: z.ZodType) => z.array(of.schemaWith(json)).max(2),
      values: fc.array(of.values, { maxLength: 3 }),
    })),
    tie('part').map((of) => ({
      schemaWith: (json: z.ZodType) =>
        z.object({ inner: of.schemaWith(json), n: z.number().positive() }).refine(() => true),
      values: fc.record({ inner: of.values, n: fc.constantFrom(1, -1) }),
    })),
    tie('part').map((of) => ({
      schemaWith: (json: z.ZodType) =>
        z.object({ inner: of.schemaWith(json) }).and(z.object({ n: z.number() })),
      values: fc.record({ inner: of.values, n: fc.constant(1) }),
    })),
    tie('part').map((of) => ({
      schemaWith: (json: z.ZodType) => z.union([of.schemaWith(json), z.null()]),
      values: fc.option(of.values),
    })),
  ),
}))

const withValue = (of: Part) =>
  of.values.map((value) => ({ of, value, [fc.toStringMethod]: () => fc.stringify(value) }))

function issuesOf({ error }: zod.util.SafeParseResult<unknown>): unknown {
  return error?.issues.map(({ code, path }) => ({ code, path }))
}
