import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as zod from 'zod/v4/core'
import { bytes, isoDate, map, set, url } from './codecs.js'
import { encodePlan, encoderOf as withPlan } from './encode-plan.js'
import { encoderOf as withoutPlan } from './no-plan.js'
import type { Schema } from './types/schema.js'

const at = new Date(0)

// zod first encodes the items of a list with checks without theirs: a codec is given values of other members.
describe.each([
  ['with a plan', withPlan],
  ['without a plan', withoutPlan],
])('a union in a list with a check %s', (_which, encoderOf) => {
  test.each<[which: string, schema: z.ZodType, value: unknown]>([
    ['bytes', bytes, new Uint8Array([104, 105])],
    ['url', url, new URL('https://example.org/')],
    ['map', map(z.string(), isoDate), new Map([['a', at]])],
    ['set', set(isoDate), new Set([at])],
  ])('takes values of %s and of other members', (_codec, schema, value) => {
    const list = z.array(z.union([schema, z.null(), z.object({ n: z.number() })])).min(1)
    const encode = (values: unknown[]) => encoderOf(list)(list, values)
    const json = zod.encode(schema, value as never)
    expect(encode([value, null, { n: 1 }])).toEqual({ success: true, data: [json, null, { n: 1 }] })
    for (const misfit of [1, 'text', undefined, {}, [], at]) expect(encode([misfit]).success).toBe(false)
  })
})

test.each<[what: string, schema: Schema, value: unknown]>([
  [
    'another member of a union, before which a codec throws in a pass without checks',
    z
      .array(
        z.union([
          z.codec(
            z.string(),
            z.custom<URL>((value) => value instanceof URL),
            { decode: (text) => new URL(text), encode: ({ href }) => href },
          ),
          z.null(),
        ]),
      )
      .min(1),
    [null],
  ],
  [
    'an omitted key whose schema has a transform',
    z.object({ at: isoDate, a: z.exactOptional(z.string().transform((text) => text.length)) }),
    { at },
  ],
])('a plan encodes %s, where zod throws', (_what, schema, value) => {
  expect(() => zod.safeEncode(schema, value)).toThrow()
  expect(encodePlan(schema)(value)).toMatchObject({ success: true })
})
