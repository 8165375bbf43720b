import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { isoDate } from './codecs.js'
import { defineContract } from './contract.js'
import { isRecursive } from './is-recursive.js'
import { givenPayloadCodec, payloadCodec } from './payload-codec.js'
import { channel } from './procedure.js'
import { serializeSeed } from './seed.js'
import { topicCodecOf } from './topic.js'
import type { Schema } from './types/schema.js'

interface Node {
  at: Date
  children: Node[]
}
const at = new Date(0)

const Lazy: z.ZodType<Node> = z.lazy(() => z.object({ at: isoDate, children: z.array(Lazy) }))
const Getter = z.object({
  at: isoDate,
  get children() {
    return z.array(Getter).max(9)
  },
})
const WithDefault = z.object({
  at: isoDate,
  n: z.number().default(1),
  get children() {
    return z.array(WithDefault)
  },
})
const Plain = z.object({
  get children() {
    return z.array(Plain)
  },
})
const Mini = mini.object({
  get children() {
    return mini.array(Mini)
  },
})

/** A node that is its own child. */
function cyclic(): Node {
  const node: Node = { at, children: [] }
  node.children.push({ at, children: [node] })
  return node
}

/** A node so many levels deep. Node.js writes JSON of about 4,000 levels. */
function deep(levels: number): Node {
  let node: Node = { at, children: [] }
  for (let level = 1; level < levels; level += 1) node = { at, children: [node] }
  return node
}

const message = 'room.message did not fit the schema: Contains itself or is nested too deeply'

describe.each<[which: string, schema: Schema]>([
  ['lazy schema with codecs', Lazy],
  ['schema with codecs, checks and getters', Getter],
  ['schema without codecs', Plain],
  ['schema of zod/mini', Mini],
])('a value of a %s', (_which, schema) => {
  const encode = (value: unknown) => payloadCodec(schema).encode(value, 'room.message')

  test('that contains itself is refused', () => {
    expect(() => encode(cyclic())).toThrow(expect.objectContaining({ code: 'invalid_output', message }))
  })

  test('that is nested too deeply is refused', () => {
    expect(() => encode(deep(100_000))).toThrow(expect.objectContaining({ code: 'invalid_output', message }))
  })

  test('that contains another one twice is encoded', () => {
    const child: Node = { at, children: [] }
    expect(JSON.stringify(encode({ at, children: [child, child] }))).toBe(
      JSON.stringify(encode({ at, children: [{ ...child }, { ...child }] })),
    )
  })
})

test('every depth is encoded as JSON or refused', () => {
  const codec = payloadCodec(Lazy)
  for (let levels = 500; levels <= 16_000; levels *= 2) {
    let json: unknown
    try {
      json = codec.encode(deep(levels), 'room.message')
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_output' })
      continue
    }
    expect(JSON.stringify(json)).toContain('children')
  }
})

test('an input that contains itself is refused', () => {
  const encode = (schema: Schema) => () =>
    givenPayloadCodec(schema).encode(cyclic(), 'the input of send', 'invalid_input')
  const error = expect.objectContaining({
    code: 'invalid_input',
    message: 'the input of send did not fit the schema: Contains itself or is nested too deeply',
  })
  expect(encode(Lazy)).toThrow(error)
  expect(encode(WithDefault)).toThrow(error)
})

test('a param that contains itself is refused', () => {
  const topics = topicCodecOf({ filter: Plain }, 'room')
  expect(() => topics.encode({ filter: cyclic() })).toThrow(
    expect.objectContaining({
      code: 'invalid_output',
      message: expect.stringContaining('the params of room'),
    }),
  )
})

test('a seed that contains itself is refused', () => {
  const { room } = defineContract({ room: channel({ snapshot: Plain, events: {} }) })
  expect(() => serializeSeed(room, { value: cyclic(), cursor: 'k3.1' })).toThrow(
    expect.objectContaining({
      message: 'The value of the seed did not fit the schema: Contains itself or is nested too deeply',
    }),
  )
})

test.each<[schema: Schema, expected: boolean]>([
  [z.object({ a: z.array(z.string()), b: z.url(), c: z.union([isoDate, z.null()]) }), false],
  [z.tuple([z.string(), isoDate, isoDate]), false],
  [z.lazy(() => z.string()), false],
  [z.object({ data: z.json() }), true],
  [Lazy, true],
  [z.record(z.string(), Getter), true],
  [Mini, true],
])('a schema is recursive or not (%#)', (schema, expected) => {
  expect(isRecursive(schema)).toBe(expected)
})
