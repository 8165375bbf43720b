import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import type { GivenInputOf, GivenOf, GivenParamsOf, InputOf, IsOmittable, ParamsOf } from '../../index.js'
import { bigint, channel, command, defineContract, isoDate, map, stream } from '../../index.js'

const List = z.object({
  limit: z.number().default(20),
  since: isoDate.optional(),
  until: isoDate.default(() => new Date()),
  q: z.string().trim().prefault(''),
  page: z.coerce.number<string | number>(),
  order: z.enum(['new', 'old']).catch('new'),
  id: bigint,
})

interface Given {
  limit?: number | undefined
  since?: Date | undefined
  until?: Date | undefined
  q?: string | undefined
  page: string | number
  order: 'new' | 'old'
  id: bigint
}

interface Got {
  limit: number
  since?: Date | undefined
  until: Date
  q: string
  page: number
  order: 'new' | 'old'
  id: bigint
}

const contract = defineContract({
  room: channel({ params: { roomId: z.string(), page: z.number().default(1) }, events: {} }),
  all: channel({ params: { page: z.number().default(1), since: isoDate.optional() }, events: {} }),
  list: command({ input: List }),
  recent: command({ input: z.object({ limit: z.number().default(20) }) }),
  ping: command(),
  complete: stream({ input: List, events: {} }),
})

describe('the type of a given value', () => {
  test('makes defaults optional, and is the decoded type of a codec', () => {
    expectTypeOf<GivenInputOf<typeof contract.list>>().toEqualTypeOf<Given>()
    expectTypeOf<GivenInputOf<typeof contract.complete>>().toEqualTypeOf<Given>()
    expectTypeOf<InputOf<typeof contract.list>>().toEqualTypeOf<Got>()
    expectTypeOf<GivenParamsOf<typeof contract.room>>().toEqualTypeOf<{
      roomId: string
      page?: number | undefined
    }>()
    expectTypeOf<ParamsOf<typeof contract.room>>().toEqualTypeOf<{ roomId: string; page: number }>()
    expectTypeOf<GivenInputOf<typeof contract.ping>>().toEqualTypeOf<void>()
  })

  test('at every depth', () => {
    const schema = z.object({
      list: z.array(List.pick({ limit: true })),
      pair: z.tuple([z.string(), z.number().default(1)]),
      byName: z.record(z.string(), List.pick({ limit: true })),
      either: z.union([List.pick({ limit: true }), z.string()]),
      both: z.object({ a: z.string() }).and(List.pick({ limit: true })),
      maybe: List.pick({ limit: true }).nullish(),
      later: z.lazy(() => List.pick({ limit: true })),
      days: map(isoDate, bigint),
      typed: z.custom() as unknown as z.ZodType<{ a: number }>,
      deep: z.object({ limit: z.number().default(1) }).default({ limit: 2 }),
    })
    interface Limit {
      limit?: number | undefined
    }
    expectTypeOf<GivenOf<typeof schema>>().toEqualTypeOf<{
      list: Limit[]
      pair: [string, (number | undefined)?]
      byName: Record<string, Limit>
      either: Limit | string
      both: { a: string } & Limit
      maybe?: Limit | null | undefined
      later: Limit
      days: Map<Date, bigint>
      typed: { a: number }
      deep?: Limit | undefined
    }>()
  })

  test('in schemas of zod/mini and in recursive schemas', () => {
    const ofMini = mini.object({ limit: mini._default(mini.number(), 1), name: mini.string() })
    expectTypeOf<GivenOf<typeof ofMini>>().toEqualTypeOf<{ name: string; limit?: number | undefined }>()
    const Tree = z.object({
      name: z.string().default('leaf'),
      get children() {
        return z.array(Tree)
      },
    })
    expectTypeOf<GivenOf<typeof Tree>['children'][0]['children'][0]['name']>().toEqualTypeOf<
      string | undefined
    >()
  })

  test('equals the type of the handler without defaults', () => {
    const Plain = z.strictObject({
      id: z.string().brand<'id'>(),
      at: isoDate.nullable(),
      tags: z.array(z.string()).readonly(),
      kind: z.discriminatedUnion('type', [
        z.object({ type: z.literal('a'), n: z.number() }),
        z.object({ type: z.literal('b') }),
      ]),
      any: z.json(),
    })
    type Plain = z.output<typeof Plain>
    expectTypeOf<GivenOf<typeof Plain>['kind']>().toEqualTypeOf<Plain['kind']>()
    expectTypeOf<Plain>().toExtend<GivenOf<typeof Plain>>()
    expectTypeOf<GivenOf<z.ZodObject<{ a: z.ZodString }, z.core.$catchall<z.ZodNumber>>>>().toExtend<{
      a: string
    }>()
  })

  test('is omittable if all its keys are', () => {
    expectTypeOf<IsOmittable<GivenInputOf<typeof contract.recent>>>().toEqualTypeOf<true>()
    expectTypeOf<IsOmittable<GivenParamsOf<typeof contract.all>>>().toEqualTypeOf<true>()
    expectTypeOf<IsOmittable<GivenInputOf<typeof contract.list>>>().toEqualTypeOf<false>()
    expectTypeOf<IsOmittable<GivenParamsOf<typeof contract.room>>>().toEqualTypeOf<false>()
    expectTypeOf<IsOmittable<string[]>>().toEqualTypeOf<false>()
    expectTypeOf<IsOmittable<unknown>>().toEqualTypeOf<false>()
  })
})
