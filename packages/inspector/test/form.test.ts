import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { initialValue } from '../page/form/initial-value.js'
import { issuesOf } from '../page/form/issues.js'
import { matchingOption } from '../page/form/matching-option.js'
import { constraintsOf, typeText } from '../page/schema/describe-type.js'
import { type Schema, shapeOf } from '../page/schema/json-schema.js'

function wireOf(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: 'input' }) as Schema
}

type Tree = { name: string; parts?: Tree[] | undefined }
const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string(), parts: z.array(Tree).optional() }))
type Chain = { next: Chain }
const Chain: z.ZodType<Chain> = z.lazy(() => z.object({ next: Chain }))

describe('the shape of a schema', () => {
  it.each<[what: string, schema: z.ZodType, kind: string, type: string]>([
    ['text', z.string(), 'string', 'string'],
    ['integer', z.int(), 'number', 'integer'],
    ['constant', z.literal('a'), 'const', '"a"'],
    ['enumeration', z.enum(['a', 'b']), 'enum', '"a" | "b"'],
    ['constants', z.union([z.literal('a'), z.literal(1)]), 'enum', '"a" | 1'],
    ['nullable', z.string().nullable(), 'nullable', 'string | null'],
    [
      'nullable alternatives',
      z.union([z.string(), z.array(z.int()), z.null()]),
      'nullable',
      'string | integer[] | null',
    ],
    ['alternatives', z.union([z.string(), z.number()]), 'union', 'string | number'],
    ['list of alternatives', z.array(z.union([z.string(), z.number()])), 'array', '(string | number)[]'],
    ['tuple', z.tuple([z.string(), z.number()]), 'tuple', '[string, number]'],
    ['record', z.record(z.string(), z.number()), 'record', '{ [key]: number }'],
    ['intersection', z.object({ a: z.string() }).and(z.object({ b: z.string() })), 'object', 'object'],
    ['empty object', z.object({}), 'object', 'object'],
    ['any JSON', z.json(), 'any', 'any JSON'],
    ['unknown', z.unknown(), 'any', 'any JSON'],
    ['recursive', Tree, 'object', 'object'],
  ])('%s', (_what, schema, kind, type) => {
    const wire = wireOf(schema)
    expect([shapeOf(wire, wire).kind, typeText(wire, wire)]).toEqual([kind, type])
  })

  it('of a reference to itself alone ends', () => {
    expect(shapeOf({ $ref: '#' }, { $ref: '#' }).kind).toBe('any')
    expect(shapeOf({ $ref: '#/$defs/none' }, {}).kind).toBe('any')
  })

  it('has its demands in words', () => {
    expect(constraintsOf(wireOf(z.string().min(1).max(40)))).toEqual(['1 to 40 characters'])
    expect(constraintsOf(wireOf(z.string().length(2)))).toEqual(['2 characters'])
    expect(constraintsOf(wireOf(z.int().positive()))).toEqual(['more than 0'])
    expect(constraintsOf(wireOf(z.number().min(0).max(1).multipleOf(0.1)))).toEqual([
      '0 to 1',
      'a multiple of 0.1',
    ])
    expect(constraintsOf(wireOf(z.email()))).toEqual(['email'])
    expect(constraintsOf(wireOf(z.string().regex(/^a/)))).toEqual(['/^a/'])
  })
})

describe('the value that a form begins with', () => {
  it('has the required parts only, and leaves out what the user must choose', () => {
    const wire = wireOf(
      z.object({
        text: z.string(),
        count: z.number(),
        size: z.enum(['a', 'b']),
        isOn: z.boolean(),
        nothing: z.string().nullable(),
        list: z.array(z.string()),
        pair: z.tuple([z.string(), z.boolean()]),
        inner: z.object({ a: z.string(), b: z.string().optional() }),
        either: z.union([
          z.object({ kind: z.literal('x'), a: z.string() }),
          z.object({ kind: z.literal('y') }),
        ]),
        later: z.string().optional(),
        limit: z.int().default(10),
      }),
    )
    expect(initialValue(wire, wire)).toEqual({
      text: '',
      isOn: false,
      nothing: null,
      list: [],
      pair: ['', false],
      inner: { a: '' },
      either: { kind: 'x', a: '' },
    })
  })

  it('ends for a schema that requires itself', () => {
    const wire = wireOf(Chain)
    expect(JSON.stringify(initialValue(wire, wire))).toContain('{"next":{}}')
  })
})

describe('the alternative that a value is meant for', () => {
  const wire = wireOf(
    z.union([
      z.object({ kind: z.literal('card'), number: z.string() }),
      z.object({ kind: z.literal('invoice'), reference: z.string() }),
      z.array(z.string()),
      z.string(),
    ]),
  )
  it.each<[value: unknown, index: number]>([
    [{ kind: 'card' }, 0],
    [{ kind: 'invoice', number: '1' }, 1],
    [[], 2],
    ['x', 3],
    [4, -1],
    [{ kind: 'other' }, -1],
  ])('of %j is %i', (value, index) => {
    expect(matchingOption(wire.anyOf ?? [], value, wire)).toBe(index)
  })
})

describe('a mistake in words', () => {
  const card = z.object({ kind: z.literal('card'), number: z.string().regex(/^\d+$/) })
  const invoice = z.object({ kind: z.literal('invoice'), reference: z.string() })
  it.each<[schema: z.ZodType, value: unknown, path: (string | number)[], message: string]>([
    [z.object({ a: z.number() }), {}, ['a'], 'Required'],
    [z.object({ a: z.number() }), { a: 'x' }, ['a'], 'Expected a number'],
    [z.object({ a: z.int() }), { a: 1.5 }, ['a'], 'Expected a whole number'],
    [z.enum(['a', 'b']), 'c', [], 'Choose one of "a", "b"'],
    [z.string().min(1), '', [], 'Must not be empty'],
    [z.string().max(2), 'abc', [], 'Use at most 2 characters, not 3'],
    [z.array(z.string()).min(1), [], [], 'Add an item'],
    [z.number().min(1), 0, [], 'Must be 1 or more'],
    [z.number().lt(1), 1, [], 'Must be less than 1'],
    [z.email(), 'x', [], 'Enter an e-mail address: name@example.org'],
    [z.iso.datetime(), 'x', [], 'Enter a date and time: 2026-01-31T12:00:00Z'],
    [z.string().regex(/^a/), 'x', [], 'Must match /^a/'],
    [z.strictObject({}), { b: 1 }, ['b'], 'The contract has no "b" here'],
    [z.union([card, invoice]), { kind: 'card', number: 'x' }, ['number'], 'Must match /^\\d+$/'],
    [z.discriminatedUnion('kind', [card, invoice]), { kind: 'invoice' }, ['reference'], 'Required'],
    [
      z.object({ a: z.union([z.string(), z.number()]) }),
      { a: null },
      ['a'],
      'The value fits none of the alternatives',
    ],
  ])('%#', (schema, value, path, message) => {
    expect(issuesOf(schema, value)).toEqual([{ path, message }])
  })
})
