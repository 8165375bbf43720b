import { createConfig, lintFromString } from '@redocly/openapi-core'
import { bigint, channel, command, defineContract, isoDate, map, set, stream, url } from '@tidings/core'
import { asyncApi, describe as describeContract, type JsonSchema, openApi } from '@tidings/core/describe'
import { compileContract } from '@tidings/core/wire'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import type { ContractDefinition } from '../types/contract.js'

const about = {
  title: 'Generated',
  version: '1',
  url: 'https://chat.tidings.dev',
  license: { name: 'MIT', identifier: 'MIT' },
} as const

const Named = z.object({
  text: z.string(),
  get answers() {
    return z.array(Named)
  },
})
const named = Named.meta({ id: 'A note/with signs~1' })
const unnamed = z.object({
  name: z.string(),
  get inner() {
    return unnamed.nullable()
  },
})

const leaf: fc.Arbitrary<z.ZodType> = fc.constantFrom<z.ZodType>(
  z.string(),
  z
    .string()
    .regex(/^a+$/)
    .meta({ unit: 'm', examples: ['aa'] }),
  z.uuid(),
  z.number(),
  z.int().min(1),
  z.boolean(),
  z.null(),
  z.literal('one'),
  z.literal(['a', 1]),
  z.enum(['x', 'y']),
  z.enum({ A: 'a', Seven: 7 }),
  z.templateLiteral(['v', z.number()]),
  z.json(),
  isoDate.describe('When'),
  bigint,
  url,
  named,
  unnamed,
)

const schema: fc.Arbitrary<z.ZodType> = fc.letrec<{ any: z.ZodType }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: leaf, weight: 3 },
    tie('any').map((inner) => z.array(inner)),
    tie('any').map((inner) => inner.nullable()),
    tie('any').map((inner) => z.record(z.string(), inner)),
    tie('any').map((inner) => z.looseObject({ value: inner.optional() })),
    tie('any').map((inner) => set(inner)),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => map(one, other)),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => z.tuple([one], other)),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => z.union([one, other])),
    fc
      .tuple(tie('any'), tie('any'))
      .map(([one, other]) =>
        z.discriminatedUnion('is', [
          z.object({ is: z.literal('one'), one }),
          z.strictObject({ is: z.literal('other'), other }),
        ]),
      ),
  ),
})).any

// Redocly takes a group with a name of one letter, such as `a`, for a circular parent of `a/b`.
const name = fc.constantFrom(
  'room',
  'items',
  'input',
  'output',
  'problem',
  'properties',
  'Tidings',
  'x-1',
  'toString',
)
const schemas = fc.dictionary(name, schema, { maxKeys: 3 })
const withNothing = fc.dictionary(name, fc.option(schema, { nil: undefined }), { maxKeys: 3 })
const maybe = fc.option(schema, { nil: undefined })
const meta = fc.constantFrom(undefined, { title: 'A title' }, { description: 'Text', deprecated: 'Use `b`.' })

const procedure = fc.oneof(
  fc
    .record({ params: schemas, events: withNothing, snapshot: maybe, meta })
    .map((declared) => channel(declared as never)),
  fc
    .record({ input: maybe, output: maybe, errors: withNothing, meta })
    .map((declared) => command(declared as never)),
  fc
    .record({ input: maybe, output: maybe, events: withNothing, errors: withNothing, meta })
    .map((declared) => stream(declared as never)),
)

const definition = fc.letrec<{ group: object; member: object }>((tie) => ({
  group: fc.dictionary(name, tie('member'), { minKeys: 1, maxKeys: 3 }),
  member: fc.oneof({ maxDepth: 2 }, { arbitrary: procedure, weight: 3 }, tie('group')),
})).group as fc.Arbitrary<ContractDefinition>

/** The descriptions of those contracts that Tidings accepts. It refuses unions whose members look alike, among others. */
const descriptions = definition.map(describedOrRefused).filter((described) => described !== undefined)

function describedOrRefused(contract: ContractDefinition) {
  try {
    return describeContract(contract)
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_contract' })
    return undefined
  }
}

/** Calls `visit` with each object of a document. */
function walk(part: unknown, visit: (part: Record<string, unknown>) => void): void {
  if (typeof part !== 'object' || part === null) return
  if (!Array.isArray(part)) visit(part as Record<string, unknown>)
  for (const inner of Object.values(part)) walk(inner, visit)
}

function at(document: JsonSchema, reference: string): unknown {
  const steps = reference.replace(/^#\//, '').split('/')
  return steps.reduce<unknown>(
    (inner, step) => (inner as Record<string, unknown> | undefined)?.[step],
    document,
  )
}

it('refers only to what the document has, by valid names', () => {
  fc.assert(
    fc.property(descriptions, (described) => {
      for (const document of [openApi(described, about), asyncApi(described, about)]) {
        walk(document, ({ $ref }) => {
          if (typeof $ref === 'string') expect(at(document, $ref), $ref).toBeTypeOf('object')
        })
        const { schemas = {} } = document['components'] as { schemas?: object }
        for (const component of Object.keys(schemas)) expect(component).toMatch(/^[\w.-]+$/)
      }
    }),
    { numRuns: 30 },
  )
})

it('is accepted by validators without a warning', async () => {
  const config = await createConfig({ extends: ['recommended'] })
  await fc.assert(
    fc.asyncProperty(descriptions, async (described) => {
      const source = JSON.stringify(openApi(described, about))
      const problems = await lintFromString({ source, config })
      expect(problems.map(({ message, location }) => `${message} ${location[0]?.pointer}`)).toEqual([])
    }),
    { numRuns: 5 },
  )
})

it('says of each param whether it travels as text or as JSON', () => {
  const texts: readonly (readonly [z.ZodType, unknown])[] = [
    [z.string(), '"7"'],
    [z.string().optional(), 'a'],
    [z.string().default('b'), 'a'],
    [z.string().nullable(), 'null'],
    [z.string().meta({ id: 'Text' }), 'a'],
    [z.union([z.string().max(1), z.literal('other')]), 'other'],
    [z.union([z.string(), z.number()]), '7'],
    [z.union([z.number(), z.boolean()]), 7],
    [z.enum(['x', 'y']), 'x'],
    [z.enum({ A: 'a', Seven: 7 }), 'a'],
    [z.literal(['x', 'y']), 'y'],
    [z.literal(7), 7],
    [z.templateLiteral(['v', z.number()]), 'v7'],
    [z.number(), 1.5],
    [z.boolean(), true],
    [z.null(), null],
    [z.json(), 'text'],
    [isoDate, new Date(0)],
    [isoDate.nullable(), new Date(0)],
    [bigint, 7n],
    [url, new URL('https://tidings.dev/a?b=c')],
    [z.array(z.string()), ['a']],
    [set(z.string()), new Set(['a'])],
    [z.object({ a: isoDate }), { a: new Date(0) }],
    [named, { text: 'a', answers: [] }],
  ]
  for (const [schema, value] of texts) {
    const contract = defineContract({ room: channel({ params: { value: schema }, events: {} }) } as never)
    const compiled = compileContract(contract).procedures.get('room')
    if (compiled?.kind !== 'channel') return expect.fail()
    const text = new URLSearchParams(compiled.topics.encode({ value })).get('value')
    const { paths } = openApi(describeContract(contract), about) as {
      paths: { '/room': { get: { parameters: { content?: unknown }[] } } }
    }
    const [parameter] = paths['/room'].get.parameters
    const isJson = parameter?.content !== undefined
    const sent = JSON.parse(JSON.stringify(z.encode(schema, value)))
    if (isJson) expect(JSON.parse(String(text))).toEqual(sent)
    else expect(text).toBe(String(sent))
  }
})
