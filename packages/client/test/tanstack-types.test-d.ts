import { QueryClient, QueryObserver } from '@tanstack/query-core'
import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import type { FailureOf, TidingsError } from '@tidings/core'
import { describe, expectTypeOf, it } from 'vitest'
import { createClient, type Gap } from '../src/index.js'
import { commandMutation, type RunData, runQuery, seedQuery, topicQuery } from '../src/tanstack-query.js'
import { contract } from './contract.js'

const client = createClient(contract, { url: 'http://localhost' })
const room = client.room({ roomId: 'lobby' })
const queryClient = new QueryClient()

type Room = { messages: string[] }

describe('topicQuery', () => {
  const typed = topicQuery(room, (state, event) => {
    expectTypeOf(state).toEqualTypeOf<Room>()
    expectTypeOf(event).toEqualTypeOf<
      { type: 'message'; data: { text: string; sentAt: Date } } | { type: 'typing'; data: string }
    >()
    return event.type === 'typing' ? { messages: [...state.messages, event.data] } : state
  })

  it('infers the data and the error of a query, in every place', async () => {
    const observer = new QueryObserver(queryClient, typed)
    expectTypeOf(observer.getCurrentResult().data).toEqualTypeOf<Room | undefined>()
    expectTypeOf(observer.getCurrentResult().error).toEqualTypeOf<TidingsError | null>()
    expectTypeOf(await queryClient.fetchQuery(typed)).toEqualTypeOf<Room>()
    expectTypeOf(queryClient.getQueryData(typed.queryKey)).toEqualTypeOf<Room | undefined>()
    // @ts-expect-error the messages are texts
    queryClient.setQueryData(typed.queryKey, { messages: [1] })
    expectTypeOf(useQuery(typed).data).toEqualTypeOf<Room | undefined>()
    expectTypeOf(useQuery(typed).error).toEqualTypeOf<TidingsError | null>()
    expectTypeOf(useSuspenseQuery(typed).data).toEqualTypeOf<Room>()
    const { data } = useQuery({ ...typed, select: ({ messages }) => messages.length })
    expectTypeOf(data).toEqualTypeOf<number | undefined>()
  })

  it('takes the type of a value from `initial`, and gives its reducer gaps and snapshots', () => {
    const query = topicQuery(
      room,
      (count, event) => {
        expectTypeOf(count).toEqualTypeOf<number>()
        expectTypeOf(event.type).toEqualTypeOf<'message' | 'typing' | 'snapshot' | 'gap'>()
        if (event.type === 'gap') expectTypeOf(event.data).toEqualTypeOf<Gap>()
        return count + 1
      },
      { initial: 0 },
    )
    expectTypeOf(useQuery(query).data).toEqualTypeOf<number | undefined>()
    const ticks = topicQuery(
      client.ticks(),
      (seen: number[], event) => (event.type === 'tick' ? [...seen, event.data] : seen),
      { initial: [] },
    )
    expectTypeOf(useQuery(ticks).data).toEqualTypeOf<number[] | undefined>()
  })

  it('needs `initial` for a channel without a snapshot', () => {
    // @ts-expect-error ticks has no snapshot to fold events into
    topicQuery(client.ticks(), (seen: number[]) => seen)
    // @ts-expect-error the snapshot has messages
    topicQuery(room, () => ({ texts: [] }))
  })

  it('has data from the beginning with a seed', () => {
    const seed = { value: { messages: [] }, cursor: 'e.0' }
    expectTypeOf(useQuery(topicQuery(room, (state) => state, { seed })).data).toEqualTypeOf<Room>()
    seedQuery(queryClient, typed, seed)
    // @ts-expect-error the messages are texts
    topicQuery(room, (state) => state, { seed: { value: { messages: [1] }, cursor: 'e.0' } })
  })
})

describe('commandMutation', () => {
  it('infers variables, data and errors from the command', () => {
    const send = useMutation(
      commandMutation(client.send, {
        onMutate: ({ text }) => {
          expectTypeOf(text).toEqualTypeOf<string>()
          return { before: 1 }
        },
        onError: (error, _variables, before) => {
          if (error.code === 'muted') expectTypeOf(error.data).toEqualTypeOf<{ until: Date }>()
          expectTypeOf(before).toEqualTypeOf<{ before: number } | undefined>()
        },
        onSuccess: ({ sentAt }) => expectTypeOf(sentAt).toEqualTypeOf<Date>(),
      }),
    )
    expectTypeOf(send.error).toEqualTypeOf<FailureOf<typeof contract.send> | null>()
    expectTypeOf(send.variables).toEqualTypeOf<{ text: string } | undefined>()
    send.mutate({ text: 'hi' })
    // @ts-expect-error the input has a text
    send.mutate({ texts: 'hi' })
    // @ts-expect-error the input is needed
    send.mutate()
    const ping = useMutation({ ...commandMutation(client.ping), gcTime: 0 })
    ping.mutate()
  })
})

describe('runQuery', () => {
  it('infers events, output and errors from the stream', () => {
    const { data, error } = useQuery(runQuery(client.count, { input: { to: 3 } }))
    expectTypeOf(data).toEqualTypeOf<
      RunData<{ type: 'number'; data: number }[], { total: number }> | undefined
    >()
    if (error?.code === 'tooMany') expectTypeOf(error.data).toEqualTypeOf<{ max: number; at: Date }>()
    const sum = useQuery(
      runQuery(client.count, { id: 'id' }, (total, event) => total + event.data, { initial: 0 }),
    )
    expectTypeOf(sum.data).toEqualTypeOf<RunData<number, { total: number }> | undefined>()
    // @ts-expect-error the input has a number
    runQuery(client.count, { input: { to: '3' } })
    // @ts-expect-error a run has an input or an id
    runQuery(client.count, { input: { to: 3 }, id: 'id' })
  })
})
