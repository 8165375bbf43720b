import {
  channel,
  command,
  defineContract,
  isoDate,
  type SeedOf,
  stream,
  type TidingsError,
} from '@tidings/core'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { createClient as createCommandsClient } from '../src/commands.js'
import {
  type CommandClient,
  createClient,
  type Gap,
  type Run,
  type RunOf,
  type RunState,
  type Subscription,
  type Topic,
  type TopicEvent,
  type TopicEventOf,
  type TopicOf,
  type TopicState,
  type Unsubscribe,
} from '../src/index.js'
import { createClient as createNativeClient, type NativeClientOptions } from '../src/native.js'
import { contract } from './contract.js'

const commands = createCommandsClient(contract, { url: 'http://localhost' })
const client = createClient(contract, { url: 'http://localhost' })
const room = client.room({ roomId: 'lobby' })

describe('a client of commands', () => {
  it('has the commands of its contract, and nothing to subscribe to', () => {
    expectTypeOf(commands.send).toEqualTypeOf(client.send)
    expectTypeOf<keyof typeof commands>().toEqualTypeOf<'send' | 'ping' | 'close' | typeof Symbol.dispose>()
  })
})

describe('a topic', () => {
  it('hands its handlers decoded payloads', () => {
    const stop = room.subscribe({
      snapshot: (state) => expectTypeOf(state).toEqualTypeOf<{ messages: string[] }>(),
      message: (payload) => expectTypeOf(payload).toEqualTypeOf<{ text: string; sentAt: Date }>(),
      typing: (author) => expectTypeOf(author).toEqualTypeOf<string>(),
      gap: (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>(),
      error: (problem) => expectTypeOf(problem).toEqualTypeOf<TidingsError>(),
    })
    expectTypeOf(stop).toEqualTypeOf<Subscription>()
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

describe('types by name', () => {
  it('are those of the client', () => {
    expectTypeOf<TopicOf<typeof contract.room>>().toEqualTypeOf(room)
    expectTypeOf<RunOf<typeof contract.count>>().toEqualTypeOf(client.count({ to: 1 }))
    expectTypeOf<TopicEventOf<typeof contract.ticks>>().toEqualTypeOf<
      { type: 'tick'; data: number } | { type: 'gap'; data: Gap }
    >()
    expectTypeOf<TopicOf<typeof contract.send>>().toBeNever()
  })

  it('are inferred by functions that take a topic, a run or a command', () => {
    const eventsOf = <Events, Snapshot>(_topic: Topic<Events, Snapshot>) =>
      ({}) as TopicEvent<Events, Snapshot>
    expectTypeOf(eventsOf(room)).toEqualTypeOf<TopicEventOf<typeof contract.room>>()
    const outputOf = <Output>(_run: Run<{ number: number }, Output>) => ({}) as Output
    expectTypeOf(outputOf(client.count({ to: 1 }))).toEqualTypeOf<{ total: number }>()
    const inputOf = <Input, Output, Errors>(_command: CommandClient<Input, Output, Errors>) => ({}) as Input
    expectTypeOf(inputOf(client.send)).toEqualTypeOf<{ text: string }>()
  })
})

describe('a state', () => {
  const signal = new AbortController().signal

  it('is of the type of the snapshot, or undefined before the first one', () => {
    const state = room.state((last, event) => {
      expectTypeOf(last).toEqualTypeOf<{ messages: string[] }>()
      expectTypeOf(event).toEqualTypeOf<
        { type: 'message'; data: { text: string; sentAt: Date } } | { type: 'typing'; data: string }
      >()
      return event.type === 'typing' ? last : { messages: [...last.messages, event.data.text] }
    })
    expectTypeOf(state).toEqualTypeOf<TopicState<{ messages: string[] }, undefined>>()
    expectTypeOf(state.value).toEqualTypeOf<{ messages: string[] } | undefined>()
    expectTypeOf(room.state((last) => last, { signal })).toEqualTypeOf(state)
    expectTypeOf(room.key).toEqualTypeOf<string>()
    expectTypeOf(state.error).toEqualTypeOf<TidingsError | undefined>()
    const unsubscribe = state.subscribe((value) =>
      expectTypeOf(value).toEqualTypeOf<{ messages: string[] } | undefined>(),
    )
    expectTypeOf(unsubscribe).toEqualTypeOf<Unsubscribe>()
    const stop = state.on('change', (value) => expectTypeOf(value).toEqualTypeOf<{ messages: string[] }>())
    expectTypeOf(stop).toEqualTypeOf<Unsubscribe>()
    state.on('error', (problem) => expectTypeOf(problem).toEqualTypeOf<TidingsError>(), { signal })
  })

  it('decodes its snapshot', () => {
    const clock = createClient(
      defineContract({ clock: channel({ snapshot: z.object({ at: isoDate }), events: { set: isoDate } }) }),
      { url: '' },
    )
    const state = clock.clock().state((_last, { data }) => {
      expectTypeOf(data).toEqualTypeOf<Date>()
      return { at: data }
    })
    expectTypeOf(state.value).toEqualTypeOf<{ at: Date } | undefined>()
    // @ts-expect-error at is a Date here, and a string on the wire alone
    clock.clock().state(() => ({ at: '2026-01-01' }))
  })

  it('of a channel without a snapshot is of the type of its initial value, widened', () => {
    const sum = client.ticks().state(
      (last, event) => {
        expectTypeOf(last).toEqualTypeOf<number>()
        expectTypeOf(event).toEqualTypeOf<{ type: 'tick'; data: number } | { type: 'gap'; data: Gap }>()
        return event.type === 'tick' ? last + event.data : 0
      },
      { initial: 0 },
    )
    expectTypeOf(sum).toEqualTypeOf<TopicState<number>>()
    expectTypeOf(sum.value).toEqualTypeOf<number>()
    expectTypeOf(client.ticks().state((is) => !is, { initial: false }).value).toEqualTypeOf<boolean>()
    const list = client.ticks().state((last) => last, { initial: [] as number[], signal })
    expectTypeOf(list.value).toEqualTypeOf<number[]>()
  })

  it('with an initial value may be of another type than the snapshot, which the reducer is handed', () => {
    const lines = room.state(
      (last, event) => {
        expectTypeOf(last).toEqualTypeOf<string[]>()
        if (event.type === 'snapshot') expectTypeOf(event.data).toEqualTypeOf<{ messages: string[] }>()
        if (event.type === 'message') expectTypeOf(event.data.sentAt).toEqualTypeOf<Date>()
        if (event.type === 'gap') expectTypeOf(event.data).toEqualTypeOf<Gap>()
        return last
      },
      { initial: [] as string[], signal },
    )
    expectTypeOf(lines).toEqualTypeOf<TopicState<string[]>>()
    const reducer = (
      last: readonly string[],
      event: TopicEventOf<typeof contract.room>,
    ): readonly string[] => (event.type === 'gap' ? [] : last)
    expectTypeOf(room.state(reducer, { initial: [] }).value).toEqualTypeOf<readonly string[]>()
  })

  it('with a seed has a value from the beginning', () => {
    const seed = { value: { messages: [''] }, cursor: 'a.1' }
    expectTypeOf(room.state((last) => last, { seed })).toEqualTypeOf<TopicState<{ messages: string[] }>>()
    const perhaps = seed as SeedOf<typeof contract.room> | undefined
    expectTypeOf(room.state((last) => last, { seed: perhaps }).value).toEqualTypeOf<
      { messages: string[] } | undefined
    >()
    expectTypeOf(room.state(() => 1, { seed, initial: 0 }).value).toEqualTypeOf<number>()
    // @ts-expect-error the value is another channel's
    room.state((last) => last, { seed: { value: { ticks: 1 }, cursor: 'a.1' } })
    // @ts-expect-error the channel has no snapshot
    client.ticks().state((last) => last, { initial: 0, seed })
  })

  it('is what useSyncExternalStore takes', () => {
    const useSyncExternalStore = <T>(_subscribe: (changed: () => void) => () => void, get: () => T) => get()
    const state = room.state((last) => last)
    expectTypeOf(
      useSyncExternalStore(
        (changed) => state.on('change', changed),
        () => state.value,
      ),
    ).toEqualTypeOf<{ messages: string[] } | undefined>()
  })

  it('knows its events, what it is of, and where it needs an initial value', () => {
    // @ts-expect-error ticks has no snapshot to begin with: initial is missing
    client.ticks().state((last) => last)
    // @ts-expect-error initial is missing still
    client.ticks().state((last) => last, { signal })
    // @ts-expect-error the reducer is handed gaps as well, and their data is no number
    client.ticks().state((last, event) => last + event.data, { initial: 0 })
    // @ts-expect-error the state is what initial is: a number
    client.ticks().state(() => 'text', { initial: 0 })
    // @ts-expect-error the state is the snapshot: messages is missing
    room.state(() => ({}))
    // @ts-expect-error the event is called typing
    room.state((last, event) => (event.type === 'typed' ? last : last))
    // @ts-expect-error a snapshot replaces the state: without an initial value the reducer is not handed it
    room.state((last, event) => (event.type === 'snapshot' ? event.data : last))
    // @ts-expect-error the option is called signal
    room.state((last) => last, { sgnal: signal })
    // @ts-expect-error an async reducer makes no state
    room.state(async (last) => last)
    // @ts-expect-error the value is read only
    room.state((last) => last).value = undefined
    // @ts-expect-error there are change and error
    room.state((last) => last).on('changed', () => {})
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

  it('has an id, by which another client attaches to the same run', () => {
    const run = client.count({ to: 1 })
    expectTypeOf(run.id).toBeString()
    expectTypeOf(client.count.attach(run.id)).toEqualTypeOf(run)
    expectTypeOf(run.cancel()).resolves.toBeVoid()
    const { signal } = new AbortController()
    expectTypeOf(client.count.attach(run.id, { signal })).toEqualTypeOf(run)
    // @ts-expect-error attaching needs an id
    client.count.attach()
    // @ts-expect-error a command has no runs
    client.send.attach(run.id)
  })

  it('folds into a value of the type of `initial`', () => {
    const run = client.count({ to: 1 })
    const state = run.state(
      (last, event) => {
        expectTypeOf(event).toEqualTypeOf<{ type: 'number'; data: number }>()
        return [...last, event.data]
      },
      { initial: [] as number[] },
    )
    expectTypeOf(state).toEqualTypeOf<RunState<number[], { total: number }>>()
    expectTypeOf(state.value).toEqualTypeOf<number[]>()
    expectTypeOf(state.status).toEqualTypeOf<'running' | 'done' | 'failed'>()
    expectTypeOf(state.output).toEqualTypeOf<{ total: number } | undefined>()
    state.on('change', (value) => expectTypeOf(value).toEqualTypeOf<number[]>())
    // @ts-expect-error a run has no snapshot to begin with
    run.state((last: number) => last)
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

describe('the native client', () => {
  it('is of the same type as the default one', () => {
    expectTypeOf(createNativeClient(contract, { url: '' })).toEqualTypeOf(client)
  })

  it('takes no headers', () => {
    expectTypeOf<NativeClientOptions>().not.toHaveProperty('headers')
    // @ts-expect-error an EventSource has no way to send them
    createNativeClient(contract, { url: '', headers: {} })
  })
})

describe('what has a default', () => {
  const mine = createClient(
    defineContract({
      room: channel({
        params: { page: z.number().default(1) },
        events: { page: z.object({ n: z.number().default(1) }) },
      }),
      list: command({ input: z.object({ limit: z.number().default(20), since: isoDate.optional() }) }),
      find: command({ input: z.object({ q: z.string(), limit: z.number().default(20) }) }),
      pages: stream({ input: z.object({ limit: z.number().default(20) }), events: {} }),
    }),
    { url: 'http://localhost' },
  )

  it('may be left out by the caller, and all of it with that', () => {
    expectTypeOf(mine.room).parameters.toEqualTypeOf<[params?: { page?: number | undefined } | undefined]>()
    expectTypeOf(mine.list)
      .parameter(0)
      .toEqualTypeOf<{ limit?: number | undefined; since?: Date | undefined } | undefined>()
    mine.room()
    mine.list()
    mine.list(undefined, { timeoutMs: 5 })
    mine.pages()
    mine.find({ q: 'a' })
    // @ts-expect-error q has no default
    mine.find()
    // @ts-expect-error q has no default
    mine.find({})
    // @ts-expect-error since is a Date, whatever it is on the wire
    mine.list({ since: '2026-01-01T00:00:00Z' })
    // @ts-expect-error it is called limit
    mine.list({ limits: 1 })
  })

  it('is there for code that is handed it', () => {
    mine.room().on('page', (page) => expectTypeOf(page).toEqualTypeOf<{ n: number }>())
  })
})
