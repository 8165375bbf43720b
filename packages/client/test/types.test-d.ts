import { channel, command, defineContract, isoDate, stream, type TidingsError } from '@tidings/core'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { createClient, type Gap, type Unsubscribe } from '../src/index.js'
import { contract } from './contract.js'

const client = createClient(contract, { url: 'http://localhost' })
const room = client.room({ roomId: 'lobby' })

describe('a topic', () => {
  it('hands its handlers decoded payloads', () => {
    const stop = room.subscribe({
      snapshot: (state) => expectTypeOf(state).toEqualTypeOf<{ messages: string[] }>(),
      message: (payload) => expectTypeOf(payload).toEqualTypeOf<{ text: string; sentAt: Date }>(),
      typing: (author) => expectTypeOf(author).toEqualTypeOf<string>(),
      gap: (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>(),
      error: (problem) => expectTypeOf(problem).toEqualTypeOf<TidingsError>(),
    })
    expectTypeOf(stop).toEqualTypeOf<Unsubscribe>()
    room.on('message', ({ sentAt }) => expectTypeOf(sentAt).toEqualTypeOf<Date>())
  })

  it('yields its events told apart by type', async () => {
    for await (const event of room) {
      expectTypeOf(event).not.toBeAny()
      expectTypeOf(event.type).toEqualTypeOf<'message' | 'typing' | 'snapshot' | 'gap'>()
      if (event.type === 'message') expectTypeOf(event.data).toEqualTypeOf<{ text: string; sentAt: Date }>()
      if (event.type === 'gap') expectTypeOf(event.data).toEqualTypeOf<Gap>()
    }
    for await (const event of client.ticks()) expectTypeOf(event.type).toEqualTypeOf<'tick' | 'gap'>()
  })

  it('knows its events, its params, and whether it has a snapshot', () => {
    // @ts-expect-error the event is called typing
    room.on('typed', () => {})
    // @ts-expect-error the event is called typing
    room.subscribe({ typed: () => {} })
    // @ts-expect-error ticks has no snapshot
    client.ticks().subscribe({ snapshot: () => {} })
    // @ts-expect-error the payload of tick is a number
    client.ticks().on('tick', (payload: string) => payload)
    // @ts-expect-error room has params
    client.room()
    // @ts-expect-error roomId is a string
    client.room({ roomId: 1 })
    // @ts-expect-error the param is called roomId
    client.room({ room: 'lobby' })
    // @ts-expect-error ticks has no params
    client.ticks({ roomId: 'lobby' })
    // @ts-expect-error the contract has no rooms
    client.rooms({ roomId: 'lobby' })
  })
})

describe('a command', () => {
  it('takes its input and resolves with its output, decoded', () => {
    expectTypeOf(client.send).parameter(0).toEqualTypeOf<{ text: string }>()
    expectTypeOf(client.send({ text: 'hi' })).resolves.toEqualTypeOf<{ text: string; sentAt: Date }>()
    expectTypeOf(client.ping()).resolves.toEqualTypeOf<void>()
    // @ts-expect-error text is missing
    void client.send({})
    // @ts-expect-error ping takes no input
    void client.ping({ text: 'hi' })
  })

  it('types what it fails with', () => {
    const error: unknown = undefined
    if (!client.send.isError(error)) return
    if (error.code === 'muted') expectTypeOf(error.data).toEqualTypeOf<{ until: Date }>()
    else expectTypeOf(error.data).toEqualTypeOf<undefined>()
    // @ts-expect-error the contract has no such error
    if (error.code === 'banned') return
  })
})

describe('a stream', () => {
  it('yields its events and has its output', async () => {
    const run = client.count({ to: 1 })
    for await (const event of run) expectTypeOf(event).toEqualTypeOf<{ type: 'number'; data: number }>()
    expectTypeOf(run.output).resolves.toEqualTypeOf<{ total: number }>()
  })
})

describe('a nested contract', () => {
  it('keeps its shape', () => {
    const nested = createClient(
      defineContract({
        a: {
          b: {
            news: channel({ events: { item: isoDate } }),
            ask: command({ input: z.object({ at: isoDate }), output: isoDate }),
            run: stream({ events: { step: isoDate }, output: z.bigint().optional() as never }),
          },
        },
      }),
      { url: '' },
    )
    nested.a.b.news().on('item', (item) => expectTypeOf(item).toEqualTypeOf<Date>())
    expectTypeOf(nested.a.b.ask).parameter(0).toEqualTypeOf<{ at: Date }>()
    expectTypeOf(nested.connection.state.status).toEqualTypeOf<
      'idle' | 'connecting' | 'open' | 'waiting' | 'closed'
    >()
  })
})
