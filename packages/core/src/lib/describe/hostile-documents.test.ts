import { describe, expect, it } from 'vitest'
import * as zod from 'zod/v4/core'
import type { Channel } from '../types/procedure.js'
import { contractFrom } from './contract-from.js'
import { diff } from './diff.js'
import type { ContractDocument, JsonSchema } from './document.js'

function documentOf(wire: JsonSchema): ContractDocument {
  return {
    tidings: 1,
    hash: '',
    procedures: { room: { kind: 'channel', params: {}, events: { event: { wire } } } },
  }
}

function eventOf(wire: JsonSchema): zod.$ZodType {
  return (contractFrom(documentOf(wire))['room'] as Channel).events['event'] as zod.$ZodType
}

const accepts = (wire: JsonSchema, json: unknown) => zod.safeParse(eventOf(wire), json).success

const reference = (name: string) => ({ $ref: `#/$defs/${name}` })

/** A text by unions inside each other, each with two members that are the same: 2 to the power of `levels` combinations. */
function doubled(levels: number, keyword: 'anyOf' | 'allOf', type = 'string'): JsonSchema {
  const defs: Record<string, JsonSchema> = { [`level${levels}`]: { type } }
  for (let level = 0; level < levels; level += 1) {
    const next = reference(`level${level + 1}`)
    defs[`level${level}`] = { [keyword]: [next, next] }
  }
  return { $defs: defs, ...reference('level0') }
}

/** A list in a list, each by one of two members that are the same. */
const recursive: JsonSchema = {
  $defs: {
    list: {
      anyOf: [
        { type: 'array', items: reference('list') },
        { type: 'array', items: reference('list') },
      ],
    },
  },
  ...reference('list'),
}

const nested = (levels: number): unknown => (levels === 0 ? 'no list' : [nested(levels - 1)])

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => prefix + index)

const objectWith = (keys: readonly string[], of: JsonSchema = { type: 'string' }): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(keys.map((key) => [key, of])),
})

describe('a contract of a document that was made to take long', () => {
  it('tests a value with a part of the combinations of unions, and accepts what it did not test', () => {
    expect(accepts(doubled(8, 'anyOf'), 1)).toBe(false)
    expect(accepts(doubled(40, 'anyOf'), 'text')).toBe(true)
    expect(accepts(doubled(40, 'anyOf'), 1)).toBe(true)
    expect(accepts(doubled(40, 'allOf'), 'text')).toBe(true)
    expect(accepts(recursive, nested(8))).toBe(false)
    // Ends, with the true result if zod knows that of equal parts.
    accepts(recursive, nested(40))
  })

  it('tests all defaults with a part of the combinations', () => {
    contractFrom(documentOf({ ...doubled(40, 'anyOf'), default: 1 }))
    const each = { ...reference('list'), default: nested(40) }
    contractFrom(documentOf({ ...objectWith(names('key', 50), each), $defs: recursive['$defs'] }))
  })

  it('reads objects with many keys, and unions of them', () => {
    const keys = names('key', 8_000)
    contractFrom(documentOf({ ...objectWith(keys), required: names('other', 200_000) }))
    const tagged = objectWith(keys, { const: 1 })
    contractFrom(documentOf({ oneOf: [tagged, ...names('', 8_000).map(() => objectWith([]))] }))
  })

  it('is refused for a long chain of definitions', () => {
    const chain = names('level', 100_000).map((name, index) => [name, reference(`level${index + 1}`)])
    expect(() => contractFrom(documentOf({ $defs: Object.fromEntries(chain), type: 'string' }))).toThrow(
      /more than 100 definitions that refer to each other/,
    )
  })
})

describe('the comparison of documents that were made to take long', () => {
  it('compares a member that is in a union twice once', () => {
    const changes = diff(documentOf(doubled(40, 'anyOf')), documentOf(doubled(40, 'anyOf', 'number')))
    expect(changes.map(({ change }) => change)).toEqual(['type-changed'])
  })

  it('compares long enums', () => {
    const enumOf = (prefix: string) => documentOf({ enum: [...names('', 60_000), ...names(prefix, 60_000)] })
    const changes = diff(enumOf('a'), enumOf('b'))
    expect(changes.map(({ change }) => change)).toEqual(['value-removed', 'value-added'])
  })

  it('compares long unions, whatever their order', () => {
    const member = (tag: string, of: JsonSchema) => ({
      type: 'object',
      properties: { tag: { const: tag }, value: of },
    })
    const tags = names('', 1_500)
    const unionOf = (all: readonly string[], type: string) =>
      documentOf({ oneOf: [...all.map((tag) => member(tag, { type })), { type: 'null' }] })
    const changes = diff(unionOf(tags, 'string'), unionOf(tags.toReversed(), 'number'))
    expect(new Set(changes.map(({ change }) => change))).toEqual(new Set(['type-changed']))
    expect(changes).toHaveLength(tags.length)
    const replaced = diff(unionOf(tags, 'string'), unionOf(names('other', 1_500), 'string'))
    expect(replaced).toHaveLength(2 * tags.length)
  })

  it('compares objects with many keys', () => {
    const keys = names('key', 15_000)
    const before = documentOf({ ...objectWith(keys), required: keys })
    expect(diff(before, documentOf(objectWith(keys)))).toHaveLength(keys.length)
  })
})
