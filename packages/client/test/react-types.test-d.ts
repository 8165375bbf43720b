import type { FailureUnion, Seed, TidingsError } from '@tidings/core'
import { describe, expectTypeOf, it } from 'vitest'
import { type ConnectionState, createClient, type Run } from '../src/index.js'
import { useCommand, useConnection, useEvents, useRun, useTopic } from '../src/react.js'
import { contract } from './contract.js'

const client = createClient(contract, { url: 'http://localhost' })
const room = client.room({ roomId: 'lobby' })
interface Lobby {
  messages: string[]
}
const seed: Seed<Lobby> = { value: { messages: [] }, cursor: 'a.1' }

describe('useTopic', () => {
  it('folds a topic into its snapshot', () => {
    const { value, isCurrent, isPrevious, error } = useTopic(room, (state, event) => {
      expectTypeOf(state).toEqualTypeOf<Lobby>()
      expectTypeOf(event.type).toEqualTypeOf<'message' | 'typing'>()
      return event.type === 'message' ? { messages: [...state.messages, event.data.text] } : state
    })
    expectTypeOf(value).toEqualTypeOf<Lobby | undefined>()
    expectTypeOf([isCurrent, isPrevious]).toEqualTypeOf<boolean[]>()
    expectTypeOf(error).toEqualTypeOf<TidingsError | undefined>()
  })

  it('has a value that may be undefined although there is a seed, and may have no topic', () => {
    expectTypeOf(useTopic(room, (last) => last, { seed }).value).toEqualTypeOf<Lobby | undefined>()
    const perhaps = { ...(Math.random() > 2 && { seed }) }
    expectTypeOf(useTopic(room, (last) => last, { seed: perhaps.seed }).value).toEqualTypeOf<
      Lobby | undefined
    >()
    const topic = Math.random() > 2 ? room : undefined
    expectTypeOf(useTopic(topic, (last) => last, { keepPrevious: true }).value).toEqualTypeOf<
      Lobby | undefined
    >()
  })

  it('folds a topic into the type of its initial value', () => {
    const ticks = useTopic(
      client.ticks(),
      (sum: number, event) => {
        expectTypeOf(event.type).toEqualTypeOf<'tick' | 'gap'>()
        return event.type === 'tick' ? sum + event.data : 0
      },
      { initial: 0 },
    )
    expectTypeOf(ticks.value).toEqualTypeOf<number>()
    const lines = useTopic(
      room,
      (all, event) => {
        expectTypeOf(event.type).toEqualTypeOf<'message' | 'typing' | 'snapshot' | 'gap'>()
        return event.type === 'snapshot' ? event.data.messages : all
      },
      { initial: [] as string[], seed },
    )
    expectTypeOf(lines.value).toEqualTypeOf<string[]>()
  })

  it('refuses what does not fit', () => {
    // @ts-expect-error ticks has no snapshot: give initial
    useTopic(client.ticks(), (last) => last)
    // @ts-expect-error the reducer returns a snapshot
    useTopic(room, () => ({}))
    // @ts-expect-error the reducer must not be async
    useTopic(room, async (last) => last)
    // @ts-expect-error the seed is another topic's
    useTopic(room, (last) => last, { seed: { value: { ticks: 1 }, cursor: 'a.1' } })
    // @ts-expect-error without a snapshot there is no seed
    useTopic(client.ticks(), (last: number) => last, { initial: 0, seed })
    // @ts-expect-error the function that makes the topic
    useTopic(client.room, (last) => last)
  })
})

it('useEvents types its handlers', () => {
  useEvents(room, {
    message: ({ sentAt }) => expectTypeOf(sentAt).toEqualTypeOf<Date>(),
    typing: (author) => expectTypeOf(author).toEqualTypeOf<string>(),
    snapshot: (state) => expectTypeOf(state).toEqualTypeOf<Lobby>(),
    error: (problem, { isFinal }) => {
      expectTypeOf(problem).toEqualTypeOf<TidingsError>()
      expectTypeOf(isFinal).toEqualTypeOf<boolean>()
    },
  })
  useEvents(undefined, {})
  // @ts-expect-error the event is called typing
  useEvents(room, { typed: () => {} })
})

it('useCommand types input, output and errors', () => {
  const send = useCommand(client.send)
  expectTypeOf(send.call).parameter(0).toEqualTypeOf<{ text: string }>()
  expectTypeOf(send.call({ text: 'hi' })).resolves.toEqualTypeOf<{ text: string; sentAt: Date }>()
  expectTypeOf(send.data).toEqualTypeOf<{ text: string; sentAt: Date } | undefined>()
  expectTypeOf(send.error).toEqualTypeOf<FailureUnion<{ muted: { until: Date } }> | undefined>()
  if (send.error?.code === 'muted') expectTypeOf(send.error.data).toEqualTypeOf<{ until: Date }>()
  const ping = useCommand(client.ping)
  void ping.call()
  // @ts-expect-error ping has no input
  void ping.call({ text: 'hi' })
  // @ts-expect-error a stream is not a command
  useCommand(client.count)
})

it('useRun types input, events, output and errors', () => {
  const count = useRun(client.count, { id: undefined })
  expectTypeOf(count.start({ to: 1 })).toEqualTypeOf<Run<{ number: number }, { total: number }>>()
  expectTypeOf(count.events).toEqualTypeOf<readonly { type: 'number'; data: number }[]>()
  expectTypeOf(count.status).toEqualTypeOf<'idle' | 'running' | 'done' | 'failed'>()
  expectTypeOf(count.output).toEqualTypeOf<{ total: number } | undefined>()
  if (count.error?.code === 'tooMany') {
    expectTypeOf(count.error.data).toEqualTypeOf<{ max: number; at: Date }>()
  }
  expectTypeOf(count.id).toEqualTypeOf<string | undefined>()
  // @ts-expect-error the input is { to: number }
  count.start({ from: 1 })
  // @ts-expect-error a command is not a stream
  useRun(client.send)
})

it('useConnection has the state of the connection', () => {
  expectTypeOf(useConnection(client)).toEqualTypeOf<ConnectionState>()
})
