import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as zod from 'zod/v4/core'
import { changed, depth1, depth2, withValue } from '../../test/arbitrary-schemas.js'
import { encodePlan } from './encode-plan.js'
import { findUnserializable } from './json-safety.js'
import { payloadCodec } from './payload-codec.js'
import { topicCodecOf } from './topic.js'

const sample = depth2.chain(withValue)

describe('a value of a schema that contracts accept arrives unchanged', () => {
  const runs = { numRuns: 4_000 }

  test('as a payload', () => {
    let taken = 0
    fc.assert(
      fc.property(sample, ({ of: { schema }, value }) => {
        if (findUnserializable(schema)) return
        const payload = payloadCodec(schema)
        const json = encoded(() => payload.encode(value, 'the value'))
        // A value that is refused where it is given is no value that arrives as another.
        if (json === undefined) return
        taken += 1
        expect(payload.decode(JSON.parse(JSON.stringify(json)), 'the value')).toEqual(value)
      }),
      runs,
    )
    // The schemas above are not all refused.
    expect(taken).toBeGreaterThan(runs.numRuns / 10)
  })

  test('as a param', () => {
    fc.assert(
      fc.property(sample, ({ of: { schema }, value }) => {
        if (findUnserializable(schema, { key: true })) return
        const topics = topicCodecOf({ value: schema }, 'room')
        const query = encoded(() => topics.encode({ value }))
        if (query === undefined) return
        const params = topics.decode(new URLSearchParams(query))
        expect(params).toEqual({ value })
        expect(topics.encode(params)).toBe(query)
      }),
      runs,
    )
  })
})

describe('a plan encodes as zod does', () => {
  // Values of the schema, of another one, and of the schema with a part of the other.
  const encodable = fc.tuple(depth2, depth1).chain(([of, other]) =>
    fc
      .oneof(
        { weight: 3, arbitrary: of.values },
        { weight: 1, arbitrary: other.values },
        {
          weight: 3,
          arbitrary: fc
            .tuple(
              of.values,
              other.values,
              fc.integer({ min: 0, max: 2 }),
              fc.constantFrom('set', 'delete', 'add'),
            )
            .map(([value, part, index, how]) => changed(value, part, index, how)),
        },
      )
      .map((value) => ({
        schema: of.schema,
        value,
        [fc.toStringMethod]: () => `${of.text}: ${fc.stringify(value)}`,
      })),
  )

  test.each([false, true])('with jitless: %s', (jitless) => {
    let [byZod, byPlan] = [0, 0]
    zod.config({ jitless })
    try {
      fc.assert(
        fc.property(encodable, ({ schema, value }) => {
          const plan = encodePlan(schema)(value)
          const expected = encoded(() => zod.safeEncode(schema, value))
          if (expected?.success) byZod += 1
          if (!plan) return
          byPlan += 1
          expect(expected).toMatchObject({ success: true })
          expect(plan.data).toStrictEqual(expected?.data)
          // The order of keys as well.
          expect(fc.stringify(plan.data)).toBe(fc.stringify(expected?.data))
        }),
        { numRuns: 4_000 },
      )
    } finally {
      zod.config({ jitless: false })
    }
    // The plan leaves few of the values to zod that fit.
    expect(byPlan).toBeGreaterThan(byZod * 0.95)
  })
})

function encoded<Json>(encode: () => Json): Json | undefined {
  try {
    return encode()
  } catch {
    return undefined
  }
}
