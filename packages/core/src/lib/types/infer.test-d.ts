import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import {
  bigint,
  bytes,
  type Channel,
  type Command,
  channel,
  command,
  defineContract,
  type ErrorCode,
  type ErrorsOf,
  type EventsOf,
  type EventUnion,
  type FailureOf,
  type InputOf,
  isoDate,
  map,
  type NoSchemas,
  type OutputOf,
  type ParamsOf,
  type SnapshotOf,
  type Stream,
  set,
  stream,
  type TidingsError,
  url,
} from '../../index.js'

const Message = z.object({ id: z.string(), sentAt: isoDate, edited: z.boolean().optional() })

// Made inside of defineContract(), as users do: what it expects must not be what is inferred.
const contract = defineContract({
  room: channel({
    params: { roomId: z.string(), since: z.optional(isoDate) },
    snapshot: z.object({ messages: z.array(Message) }),
    events: { message: Message, count: z.number(), seen: set(bigint) },
  }),
  prices: channel({ events: { tick: z.object({ price: bigint }) } }),
  chat: {
    send: command({
      input: z.object({ text: z.string(), at: isoDate }),
      output: Message,
      errors: { muted: z.object({ until: isoDate }), full: z.number() },
    }),
    ping: command({}),
    read: command({ output: z.string() }),
    write: command({ input: bytes }),
  },
  complete: stream({
    input: z.object({ since: isoDate }),
    events: { token: z.string(), usage: z.object({ tokens: bigint }) },
    output: z.object({ finishedAt: isoDate }),
    errors: { overloaded: z.object({ until: isoDate }) },
  }),
  watch: stream({ events: { tick: isoDate } }),
})

interface MessageValue {
  id: string
  sentAt: Date
  edited?: boolean | undefined
}

describe('a channel', () => {
  type Room = typeof contract.room
  type Prices = typeof contract.prices

  test('has decoded params', () => {
    expectTypeOf<ParamsOf<Room>>().toEqualTypeOf<{ roomId: string; since?: Date | undefined }>()
    expectTypeOf<ParamsOf<Room>['roomId']>().not.toBeAny()
  })

  test('without params has an empty type for them', () => {
    // zod's type of an object without keys: nothing but `{}` fits it.
    expectTypeOf<ParamsOf<Prices>>().toEqualTypeOf<Record<string, never>>()
    expectTypeOf<{ roomId: string }>().not.toExtend<ParamsOf<Prices>>()
  })

  test('has decoded events', () => {
    expectTypeOf<EventsOf<Room>>().toEqualTypeOf<{
      message: MessageValue
      count: number
      seen: Set<bigint>
    }>()
    expectTypeOf<EventsOf<Room>['message']['sentAt']>().not.toBeAny()
    expectTypeOf<EventsOf<Prices>>().toEqualTypeOf<{ tick: { price: bigint } }>()
  })

  test('has a union of events discriminated by type', () => {
    expectTypeOf<EventUnion<EventsOf<Room>>>().toEqualTypeOf<
      | { type: 'message'; data: MessageValue }
      | { type: 'count'; data: number }
      | { type: 'seen'; data: Set<bigint> }
    >()
  })

  test('has a decoded snapshot, or never', () => {
    expectTypeOf<SnapshotOf<Room>>().toEqualTypeOf<{ messages: MessageValue[] }>()
    expectTypeOf<SnapshotOf<Prices>>().toBeNever()
  })

  test('is displayed as it was written', () => {
    expectTypeOf<Prices>().toEqualTypeOf<
      Channel<NoSchemas, { tick: z.ZodObject<{ price: typeof bigint }, z.core.$strip> }, undefined>
    >()
  })
})

describe('a command', () => {
  type Send = typeof contract.chat.send

  test('has decoded input, output and errors', () => {
    expectTypeOf<InputOf<Send>>().toEqualTypeOf<{ text: string; at: Date }>()
    expectTypeOf<OutputOf<Send>>().toEqualTypeOf<MessageValue>()
    expectTypeOf<ErrorsOf<Send>>().toEqualTypeOf<{ muted: { until: Date }; full: number }>()
    expectTypeOf<InputOf<Send>>().not.toBeAny()
    expectTypeOf<OutputOf<Send>>().not.toBeAny()
    expectTypeOf<ErrorsOf<Send>['muted']>().not.toBeAny()
  })

  test('without input or output has void, also inside defineContract()', () => {
    expectTypeOf<typeof contract.chat.ping>().toEqualTypeOf<Command<undefined, undefined, NoSchemas>>()
    expectTypeOf<InputOf<typeof contract.chat.ping>>().toEqualTypeOf<void>()
    expectTypeOf<OutputOf<typeof contract.chat.ping>>().toEqualTypeOf<void>()
    expectTypeOf<InputOf<typeof contract.chat.read>>().toEqualTypeOf<void>()
    expectTypeOf<OutputOf<typeof contract.chat.read>>().toEqualTypeOf<string>()
    expectTypeOf<InputOf<typeof contract.chat.write>>().toEqualTypeOf<Uint8Array>()
    expectTypeOf<OutputOf<typeof contract.chat.write>>().toEqualTypeOf<void>()
    expectTypeOf<keyof ErrorsOf<typeof contract.chat.ping>>().toBeNever()
  })

  test('fails with its own errors and those of Tidings, discriminated by code', () => {
    expectTypeOf<FailureOf<Send>>().toEqualTypeOf<
      | TidingsError<'muted', { until: Date }>
      | TidingsError<'full', number>
      | TidingsError<ErrorCode, undefined>
    >()
    expectTypeOf<FailureOf<typeof contract.chat.ping>>().toEqualTypeOf<TidingsError<ErrorCode, undefined>>()

    const failure = {} as FailureOf<Send>
    if (failure.code === 'muted') expectTypeOf(failure.data).toEqualTypeOf<{ until: Date }>()
    if (failure.code === 'full') expectTypeOf(failure.data).toEqualTypeOf<number>()
    if (failure.code === 'not_found') expectTypeOf(failure.data).toEqualTypeOf<undefined>()
  })
})

describe('a stream', () => {
  type Complete = typeof contract.complete

  test('has decoded input, events, output and errors', () => {
    expectTypeOf<InputOf<Complete>>().toEqualTypeOf<{ since: Date }>()
    expectTypeOf<EventsOf<Complete>>().toEqualTypeOf<{ token: string; usage: { tokens: bigint } }>()
    expectTypeOf<OutputOf<Complete>>().toEqualTypeOf<{ finishedAt: Date }>()
    expectTypeOf<ErrorsOf<Complete>>().toEqualTypeOf<{ overloaded: { until: Date } }>()
    expectTypeOf<EventsOf<Complete>['usage']>().not.toBeAny()
  })

  test('without input or output has void', () => {
    expectTypeOf<typeof contract.watch>().toEqualTypeOf<
      Stream<undefined, { tick: typeof isoDate }, undefined, NoSchemas>
    >()
    expectTypeOf<InputOf<typeof contract.watch>>().toEqualTypeOf<void>()
    expectTypeOf<OutputOf<typeof contract.watch>>().toEqualTypeOf<void>()
  })
})

test('an event or error without a schema carries undefined', () => {
  const bare = defineContract({
    room: channel({ events: { done: undefined, message: z.string() } }),
    complete: stream({ events: { done: undefined }, errors: { expired: undefined } }),
    send: command({ errors: { expired: undefined, full: z.number() } }),
  })
  expectTypeOf<EventsOf<typeof bare.room>>().toEqualTypeOf<{ done: undefined; message: string }>()
  expectTypeOf<EventsOf<typeof bare.complete>>().toEqualTypeOf<{ done: undefined }>()
  expectTypeOf<EventUnion<EventsOf<typeof bare.room>>>().toEqualTypeOf<
    { type: 'done'; data: undefined } | { type: 'message'; data: string }
  >()
  expectTypeOf<ErrorsOf<typeof bare.send>>().toEqualTypeOf<{ expired: undefined; full: number }>()
  expectTypeOf<FailureOf<typeof bare.complete>>().toEqualTypeOf<
    TidingsError<'expired', undefined> | TidingsError<ErrorCode, undefined>
  >()
})

test('a command without an argument equals one with an empty argument', () => {
  const ping = command()
  expectTypeOf(ping).toEqualTypeOf<Command<undefined, undefined, NoSchemas>>()
  expectTypeOf(defineContract({ ping: command() }).ping).toEqualTypeOf<typeof ping>()
})

test('a part that a procedure lacks is never', () => {
  expectTypeOf<ParamsOf<typeof contract.complete>>().toBeNever()
  expectTypeOf<EventsOf<typeof contract.chat.send>>().toBeNever()
  expectTypeOf<InputOf<typeof contract.room>>().toBeNever()
  expectTypeOf<OutputOf<typeof contract.room>>().toBeNever()
  expectTypeOf<ErrorsOf<typeof contract.room>>().toBeNever()
  expectTypeOf<SnapshotOf<typeof contract.chat.send>>().toBeNever()
})

test('schemas of zod/mini, and codecs inside them, are inferred as well', () => {
  const mine = channel({
    params: { roomId: mini.string() },
    events: { a: mini.object({ at: mini.optional(isoDate), link: url, days: map(isoDate, bigint) }) },
  })
  expectTypeOf<ParamsOf<typeof mine>>().toEqualTypeOf<{ roomId: string }>()
  expectTypeOf<EventsOf<typeof mine>>().toEqualTypeOf<{
    a: { at?: Date | undefined; link: URL; days: Map<Date, bigint> }
  }>()
})

test('unions, records and tuples of codecs have decoded types', () => {
  const mine = command({
    input: z.discriminatedUnion('type', [
      z.object({ type: z.literal('on'), at: isoDate }),
      z.object({ type: z.literal('off'), count: bigint }),
    ]),
    output: z.record(z.string(), z.tuple([isoDate, z.nullable(bigint)])),
  })
  expectTypeOf<InputOf<typeof mine>>().toEqualTypeOf<
    { type: 'on'; at: Date } | { type: 'off'; count: bigint }
  >()
  expectTypeOf<OutputOf<typeof mine>>().toEqualTypeOf<Record<string, [Date, bigint | null]>>()
})

test('recursive schemas are inferred without unbounded recursion of the type checker', () => {
  const Category = z.object({
    name: z.string(),
    createdAt: isoDate,
    get children() {
      return z.array(Category)
    },
    get parent() {
      return Category.optional()
    },
  })
  type Json = string | { [key: string]: Json } | Json[]
  const json: z.ZodType<Json> = z.lazy(() => z.union([z.string(), z.array(json), z.record(z.string(), json)]))
  const recursive = defineContract({
    tree: channel({ snapshot: Category, events: { added: Category, note: json, any: z.json() } }),
    move: command({ input: Category, output: z.array(Category), errors: { cycle: Category } }),
  })
  expectTypeOf<SnapshotOf<typeof recursive.tree>['children'][number]['createdAt']>().toEqualTypeOf<Date>()
  expectTypeOf<EventsOf<typeof recursive.tree>['added']['parent']>().not.toBeAny()
  expectTypeOf<EventsOf<typeof recursive.tree>['note']>().toEqualTypeOf<Json>()
  expectTypeOf<OutputOf<typeof recursive.move>[number]['children'][number]['name']>().toEqualTypeOf<string>()
})
