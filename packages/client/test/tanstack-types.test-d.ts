import { QueryClient, QueryObserver } from '@tanstack/query-core'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import type { TidingsError } from '@tidings/core'
import { describe, expectTypeOf, it } from 'vitest'
import { createClient, type Gap } from '../src/index.js'
import { seedQuery, topicQuery } from '../src/tanstack-query.js'
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
