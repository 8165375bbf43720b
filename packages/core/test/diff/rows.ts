import { bigint, isoDate, map, set } from '@tidings/core'
import type { Verdict } from '@tidings/core/describe'
import * as z from 'zod'

/** What a change does to one side, with a value that really fails if it breaks. */
export interface Expected {
  readonly verdict: Verdict
  /** What the writer's program gives. */
  readonly witness?: unknown
}

export const safe: Expected = { verdict: 'safe' }
export const dangerous: Expected = { verdict: 'dangerous' }
export const breaking = (witness: unknown): Expected => ({ verdict: 'breaking', witness })

/** Where the schema stands in the contract. */
export type Site = 'event' | 'snapshot' | 'output' | 'error' | 'input' | 'param'

export type Row = readonly [
  site: Site,
  what: string,
  before: z.ZodType,
  after: z.ZodType,
  /** The changes that are found, by their codes. */
  changes: string,
  clients: Expected,
  servers: Expected,
]

const a = z.object({ a: z.string() })
const text = z.string()
const number = z.number()
const image = z.object({ kind: z.literal('image'), url: text })
const note = z.object({ kind: z.literal('note'), text })
const sound = z.object({ kind: z.literal('sound'), url: text })

type Tree = { value: unknown; children: Tree[] }
const treeOf = (value: z.ZodType): z.ZodType<Tree> => {
  const tree: z.ZodType<Tree> = z.object({
    value,
    get children() {
      return z.array(tree)
    },
  }) as never
  return tree
}

/** Changes of one schema, in what servers send. Each is checked with values of the schemas. */
// biome-ignore format: a table
export const sent: readonly Row[] = [
  // keys
  ['event', 'an optional key more', a, a.extend({ b: number.optional() }), 'key-added', safe, safe],
  ['event', 'a required key more', a, a.extend({ b: number }), 'key-added', safe, breaking({ a: '' })],
  ['event', 'a key with a default more', a, a.extend({ b: number.default(1) }), 'key-added', safe, safe],
  ['event', 'a required key less', a.extend({ b: number }), a, 'key-removed', breaking({ a: '' }), safe],
  ['event', 'an optional key less', a.extend({ b: number.optional() }), a, 'key-removed', safe, safe],
  ['event', 'a key of another name', z.object({ a: text }), z.object({ b: text }), 'key-removed key-added', breaking({ b: '' }), breaking({ a: '' })],
  ['event', 'a key becomes optional', a, a.partial(), 'key-optional', breaking({}), safe],
  ['event', 'a key becomes required', a.partial(), a, 'key-required', safe, breaking({})],
  ['event', 'a required key gets a default', a, z.object({ a: text.default('x') }), 'key-optional', safe, safe],
  ['event', 'a default is taken away from a required key', z.object({ a: text.default('x') }), a, 'key-required', safe, safe],
  ['event', 'another default', z.object({ a: text.default('x') }), z.object({ a: text.default('y') }), 'default-changed', safe, safe],
  ['event', 'a strict object takes a key more', z.strictObject({ a: text }), z.strictObject({ a: text, b: text.optional() }), 'key-added', breaking({ a: '', b: '' }), safe],
  ['event', 'an object becomes strict', a, z.strictObject({ a: text }), 'keys-closed', safe, safe],
  ['event', 'an object takes further keys', a, a.catchall(number), 'keys-opened', dangerous, safe],
  ['event', 'a nested key more', z.object({ of: a }), z.object({ of: a.extend({ b: text }) }), 'key-added', safe, breaking({ of: { a: '' } })],
  // types
  ['event', 'another type', z.object({ a: text }), z.object({ a: number }), 'type-changed', breaking({ a: 1 }), breaking({ a: 'x' })],
  ['event', 'a type more', z.object({ a: text }), z.object({ a: z.union([text, number]) }), 'type-widened', breaking({ a: 1 }), safe],
  ['event', 'a type less', z.object({ a: z.union([text, number]) }), z.object({ a: text }), 'type-narrowed', safe, breaking({ a: 1 })],
  ['event', 'null is added', a, z.object({ a: text.nullable() }), 'null-added', breaking({ a: null }), safe],
  ['event', 'null is taken away', z.object({ a: text.nullable() }), a, 'null-removed', safe, breaking({ a: null })],
  ['event', 'one becomes a list', text, z.array(text), 'type-changed', breaking(['x']), breaking('x')],
  ['event', 'an integer becomes any number', z.int(), number, 'type-widened', breaking(0.5), safe],
  ['event', 'a number becomes an integer', number, z.int(), 'type-narrowed', safe, breaking(0.5)],
  ['event', 'an object becomes a record', a, z.record(text, text), 'key-optional keys-opened', breaking({}), safe],
  // values
  ['event', 'a value of an enum more', z.enum(['a', 'b']), z.enum(['a', 'b', 'c']), 'value-added', dangerous, safe],
  ['event', 'a value of an enum less', z.enum(['a', 'b']), z.enum(['a']), 'value-removed', safe, dangerous],
  ['event', 'another order of an enum', z.enum(['a', 'b']), z.enum(['b', 'a']), '', safe, safe],
  ['event', 'another literal', z.literal('a'), z.literal('b'), 'type-changed', breaking('b'), breaking('a')],
  ['event', 'an enum becomes text', z.enum(['a', 'b']), text, 'type-widened', breaking('c'), safe],
  ['event', 'text becomes an enum', text, z.enum(['a', 'b']), 'type-narrowed', safe, breaking('c')],
  ['event', 'true becomes any boolean', z.literal(true), z.boolean(), 'value-added', dangerous, safe],
  ['snapshot', 'a value of an enum more', z.enum(['a', 'b']), z.enum(['a', 'b', 'c']), 'value-added', breaking('c'), safe],
  ['output', 'a value of an enum less', z.enum(['a', 'b']), z.enum(['a']), 'value-removed', safe, breaking('b')],
  ['error', 'a value of an enum more', z.enum(['a', 'b']), z.enum(['a', 'b', 'c']), 'value-added', breaking('c'), safe],
  // unions
  ['event', 'a member of a union more', z.discriminatedUnion('kind', [image, note]), z.discriminatedUnion('kind', [image, note, sound]), 'member-added', dangerous, safe],
  ['event', 'a member of a union less', z.discriminatedUnion('kind', [image, note]), z.discriminatedUnion('kind', [image]), 'member-removed', safe, dangerous],
  ['snapshot', 'a member of a union more', z.discriminatedUnion('kind', [image, note]), z.discriminatedUnion('kind', [image, note, sound]), 'member-added', breaking({ kind: 'sound', url: '' }), safe],
  ['event', 'another order of a union', z.discriminatedUnion('kind', [image, note]), z.discriminatedUnion('kind', [note, image]), '', safe, safe],
  ['event', 'a change inside a member', z.discriminatedUnion('kind', [image, note]), z.discriminatedUnion('kind', [image, note.extend({ text: number })]), 'type-changed', breaking({ kind: 'note', text: 1 }), breaking({ kind: 'note', text: '' })],
  ['event', 'an object becomes a union with it', image, z.discriminatedUnion('kind', [image, note]), 'member-added', dangerous, safe],
  // text
  ['event', 'longer text', text.max(5), text.max(9), 'size-widened', breaking('123456789'), safe],
  ['event', 'shorter text', text.max(9), text.max(5), 'size-narrowed', safe, breaking('123456789')],
  ['event', 'a least length more', text, text.min(1), 'size-narrowed', safe, breaking('')],
  ['event', 'a least length less', text.min(1), text, 'size-widened', breaking(''), safe],
  ['event', 'a pattern more', text, text.regex(/^a/), 'format-changed', safe, breaking('b')],
  ['event', 'a pattern less', text.regex(/^a/), text, 'format-changed', breaking('b'), safe],
  ['event', 'another pattern', text.regex(/^a/), text.regex(/^b/), 'format-changed', dangerous, dangerous],
  ['event', 'a second pattern', text.regex(/^a/), text.regex(/^a/).regex(/z$/), 'format-changed', safe, breaking('a')],
  ['event', 'a format more', text, z.email(), 'format-changed', safe, breaking('nobody')],
  ['event', 'another format', z.uuid(), z.email(), 'format-changed', dangerous, dangerous],
  // numbers
  ['event', 'a higher maximum', number.max(5), number.max(9), 'range-widened', breaking(9), safe],
  ['event', 'a lower maximum', number.max(9), number.max(5), 'range-narrowed', safe, breaking(9)],
  ['event', 'a minimum more', number, number.min(0), 'range-narrowed', safe, breaking(-1)],
  ['event', 'a minimum that excludes itself', number.min(0), number.gt(0), 'range-narrowed', safe, breaking(0)],
  ['event', 'the same range of integers', z.int().gt(0), z.int().min(1), '', safe, safe],
  ['event', 'integers of 32 bits become safe integers', z.int32(), z.int(), 'range-widened range-widened', breaking(2 ** 40), safe],
  ['event', 'a multiple more', number, number.multipleOf(2), 'multiple-changed', safe, breaking(1)],
  ['event', 'a multiple of a divisor', number.multipleOf(4), number.multipleOf(2), 'multiple-changed', breaking(2), safe],
  ['event', 'another multiple', number.multipleOf(4), number.multipleOf(6), 'multiple-changed', dangerous, dangerous],
  // lists
  ['event', 'other items', z.array(text), z.array(number), 'type-changed', breaking([1]), breaking(['x'])],
  ['event', 'more items', z.array(text).max(1), z.array(text).max(2), 'size-widened', breaking(['', '']), safe],
  ['event', 'at least one item', z.array(text), z.array(text).min(1), 'size-narrowed', safe, breaking([])],
  ['event', 'a tuple with an item more', z.tuple([text]), z.tuple([text, number]), 'size-narrowed size-widened', breaking(['', 1]), breaking([''])],
  ['event', 'a tuple becomes a list', z.tuple([text, text]), z.array(text), 'size-widened size-widened', breaking([]), safe],
  ['event', 'a tuple with further items', z.tuple([text]), z.tuple([text], number), 'size-widened', breaking(['', 1]), safe],
  ['event', 'another item of a tuple', z.tuple([text, number]), z.tuple([text, text]), 'type-changed', breaking(['', '']), breaking(['', 1])],
  // records
  ['event', 'other values of a record', z.record(text, number), z.record(text, text), 'type-changed', breaking({ a: '' }), breaking({ a: 1 })],
  ['event', 'other keys of a record', z.record(text, number), z.record(text.min(2), number), 'size-narrowed', safe, breaking({ a: 1 })],
  ['snapshot', 'a key of a record of an enum more', z.record(z.enum(['a']), number), z.record(z.enum(['a', 'b']), number), 'key-required value-added', breaking({ a: 1, b: 1 }), breaking({ a: 1 })],
  // recursive schemas, and shared ones
  ['event', 'a recursive schema', treeOf(text), treeOf(text), '', safe, safe],
  ['event', 'a change in a recursive schema', treeOf(text), treeOf(number), 'type-changed', breaking({ value: 1, children: [] }), breaking({ value: '', children: [] })],
  ['event', 'a recursive schema becomes a flat one', treeOf(text), z.object({ value: text }), 'key-removed', breaking({ value: '' }), safe],
  // codecs, intersections, texts
  ['event', 'a date becomes a bigint', z.object({ a: isoDate }), z.object({ a: bigint }), 'codec-changed', dangerous, dangerous],
  ['event', 'a date becomes text', z.object({ a: isoDate }), z.object({ a: text }), 'codec-changed', breaking({ a: 'soon' }), safe],
  ['event', 'text becomes a date', z.object({ a: text }), z.object({ a: isoDate }), 'codec-changed', safe, breaking({ a: 'soon' })],
  ['event', 'a list becomes a set', z.array(text), set(text), 'codec-changed', dangerous, dangerous],
  ['event', 'a pattern that ignores the case', text.regex(/^a/), text.regex(/^a/i), 'format-changed', dangerous, dangerous],
  ['event', 'an intersection grows', z.intersection(a, z.object({ b: text })), z.intersection(a, z.object({ b: text, c: text })), 'key-added', safe, breaking({ a: '', b: '' })],
  ['event', 'other values of a map', map(text, text), map(text, number), 'type-changed', breaking(new Map([['a', 1]])), breaking(new Map([['a', 'b']]))],
  ['event', 'a description', text, text.describe('what it is'), '', safe, safe],
  ['event', 'a deprecation', a, z.object({ a: text.meta({ deprecated: true }) }), 'deprecated', safe, safe],
  ['event', 'never becomes text', z.object({ a: z.never().optional() }), z.object({ a: text.optional() }), 'type-widened', breaking({ a: '' }), safe],
]

/** Changes of one schema, in what clients send. */
// biome-ignore format: a table
export const received: readonly Row[] = [
  ['input', 'an optional key more', a, a.extend({ b: text.optional() }), 'key-added', safe, dangerous],
  ['input', 'a required key more', a, a.extend({ b: text }), 'key-added', breaking({ a: '' }), dangerous],
  ['input', 'a key with a default more', a, a.extend({ b: text.default('x') }), 'key-added', safe, dangerous],
  ['input', 'a required key less', a.extend({ b: text }), a, 'key-removed', dangerous, breaking({ a: '' })],
  ['input', 'an optional key less', a.extend({ b: text.optional() }), a, 'key-removed', dangerous, safe],
  ['input', 'a key of a strict object less', z.strictObject({ a: text, b: text.optional() }), z.strictObject({ a: text }), 'key-removed', breaking({ a: '', b: '' }), safe],
  ['input', 'a key becomes required', a.partial(), a, 'key-required', breaking({}), safe],
  ['input', 'a key becomes optional', a, a.partial(), 'key-optional', safe, breaking({})],
  ['input', 'a required key gets a default', a, z.object({ a: text.default('x') }), 'key-optional', safe, dangerous],
  ['input', 'a default is taken away from a key', z.object({ a: text.default('x') }), a, 'key-required', dangerous, safe],
  ['input', 'a default is taken away from a key of a member', z.union([text, z.object({ a: text.default('x') })]), z.union([text, a]), 'key-required', dangerous, safe],
  ['input', 'another default', z.object({ a: text.default('x') }), z.object({ a: text.default('y') }), 'default-changed', safe, safe],
  ['input', 'a value of an enum more', z.enum(['a', 'b']), z.enum(['a', 'b', 'c']), 'value-added', safe, breaking('c')],
  ['input', 'a value of an enum less', z.enum(['a', 'b']), z.enum(['a']), 'value-removed', breaking('b'), safe],
  ['input', 'longer text', text.max(5), text.max(9), 'size-widened', safe, breaking('123456789')],
  ['input', 'shorter text', text.max(9), text.max(5), 'size-narrowed', breaking('123456789'), safe],
  ['input', 'a member of a union more', z.discriminatedUnion('kind', [image, note]), z.discriminatedUnion('kind', [image, note, sound]), 'member-added', safe, breaking({ kind: 'sound', url: '' })],
  ['input', 'another type', a, z.object({ a: number }), 'type-changed', breaking({ a: 'x' }), breaking({ a: 1 })],
  ['input', 'an object becomes strict', a, z.strictObject({ a: text }), 'keys-closed', safe, safe],
  ['param', 'longer text', text.max(5), text.max(9), 'size-widened', safe, breaking('123456789')],
  ['param', 'shorter text', text.max(9), text.max(5), 'size-narrowed', breaking('123456789'), safe],
  ['param', 'text becomes a number', text, number, 'type-changed', breaking('lobby'), dangerous],
  ['param', 'a number becomes text', number, text, 'type-changed', dangerous, breaking('lobby')],
  ['param', 'a value of an enum less', z.enum(['a', 'b']), z.enum(['a']), 'value-removed', breaking('b'), safe],
  ['input', 'an input may be omitted', a, a.default({ a: 'x' }), 'input-optional', safe, dangerous],
  ['input', 'an input with a default is required', a.default({ a: 'x' }), a, 'input-required', dangerous, safe],
  ['param', 'a param may be omitted', text, text.optional(), 'param-optional', safe, breaking(undefined)],
  ['param', 'a param is required', text.optional(), text, 'param-required', breaking(undefined), safe],
  ['param', 'a param gets a default', text, text.default('x'), 'param-optional', safe, dangerous],
  ['param', 'a param with a default is required', text.default('x'), text, 'param-required', dangerous, safe],
  ['param', 'another default', text.default('x'), text.default('y'), 'default-changed', dangerous, dangerous],
]
