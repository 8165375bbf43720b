import { dehydrate, hydrate } from '@tanstack/query-core'
import { parseSeed, serializeSeed } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { seedQuery, topicQuery } from '../src/tanstack-query.js'
import { contract } from './contract.js'
import { cacheOf, observe, startTyped } from './tanstack.js'

type Typed = { messages: string[] }

describe('data that others write into the query of a topic', () => {
  async function startWritten() {
    const own = await startTyped()
    const observed = observe(own.queryClient, own.typed())
    await observed.has('the snapshot had come', () => true)
    const { queryKey } = own.typed()
    const write = (change: (data: Typed) => Typed) =>
      own.queryClient.setQueryData(queryKey, (data: Typed | undefined) => data && change(data))
    return { ...own, ...observed, queryKey, write }
  }

  it('stays, with the events that follow folded into it', async () => {
    const { write, type, has } = await startWritten()
    write(({ messages }) => ({ messages: [...messages, 'optimistic'] }))
    await type('ada')
    await has('the event had come', ({ messages }) => messages.length === 2)
    await has('it had stayed', ({ messages }) => messages.join() === 'optimistic,ada')
  })

  it('goes with a rollback, and the events that came meanwhile do not', async () => {
    const { queryClient, queryKey, write, type, has, result } = await startWritten()
    await type('before')
    await has('the event had come', ({ messages }) => messages.length === 1)
    const previous = queryClient.getQueryData(queryKey)
    write(({ messages }) => ({ messages: [...messages, 'optimistic'] }))
    await type('meanwhile')
    await has('the event had come', ({ messages }) => messages.length === 3)
    queryClient.setQueryData(queryKey, previous)
    expect(result().data).toEqual({ messages: ['before', 'meanwhile'] })
    await type('after')
    await has('the next event had come', ({ messages }) => messages.length === 3)
    expect(result().data).toEqual({ messages: ['before', 'meanwhile', 'after'] })
  })

  it('is replaced by the fresh snapshot of an invalidation', async () => {
    const { queryClient, queryKey, write, result } = await startWritten()
    write(() => ({ messages: ['optimistic'] }))
    await queryClient.invalidateQueries({ queryKey })
    expect(result().data).toEqual({ messages: [] })
  })

  it('does not replace what events gave when a server rendered it', async () => {
    const { queryClient, type, has, result, typed } = await startWritten()
    const server = cacheOf()
    await type('ada')
    await has('the event had come', ({ messages }) => messages.length === 1)
    // The clock of the server may be ahead.
    server.setQueryData(typed().queryKey, { messages: ['older'] }, { updatedAt: Date.now() + 60_000 })
    hydrate(queryClient, dehydrate(server))
    expect(result().data).toEqual({ messages: ['ada'] })
  })
})

describe('the fetch of a topic', () => {
  it('goes on when its only observer leaves and comes back, as in StrictMode', async () => {
    const { queryClient, typed, loads, subscribes } = await startTyped()
    observe(queryClient, typed()).stop()
    const { has } = observe(queryClient, typed())
    await has('the snapshot had come', () => true)
    expect([loads.length, subscribes().length]).toEqual([1, 1])
  })

  it('ends with cancelQueries, and leaves nothing', async () => {
    const { queryClient, typed, subscriptions, tidings, isOpen, client } = await startTyped()
    const { result } = observe(queryClient, typed())
    await queryClient.cancelQueries()
    expect([result().status, result().fetchStatus]).toEqual(['pending', 'idle'])
    client.ticks().on('tick', () => {})
    await isOpen()
    expect(subscriptions()).toBe(1)
    expect(tidings.stats().topics).toBe(1)
  })

  it('that is cancelled while there is data loses no event', async () => {
    const { queryClient, typed, type, has } = await startLoaded()
    const fetching = queryClient.refetchQueries()
    await type('ada')
    await queryClient.cancelQueries()
    await fetching
    await type('bob')
    await has('both events had come', ({ messages }) => messages.join() === 'ada,bob')
    expect(queryClient.isFetching()).toBe(0)
    void typed
  })

  it('subscribes again after the query was reset', async () => {
    const { queryClient, type, has, subscriptions, result } = await startLoaded()
    await queryClient.resetQueries()
    expect(result().data).toEqual({ messages: [] })
    await type('ada')
    await has('the event had come', ({ messages }) => messages.length === 1)
    expect(subscriptions()).toBe(1)
  })

  async function startLoaded() {
    const own = await startTyped()
    const observed = observe(own.queryClient, own.typed())
    await observed.has('the snapshot had come', () => true)
    return { ...own, ...observed }
  }
})

describe('the reducer of a query', () => {
  it('that throws is reported, and the other events are folded', async () => {
    const { queryClient, client, type, reports } = await startTyped()
    const query = topicQuery(client.room({ roomId: 'lobby' }), (room, event) => {
      if (event.data === 'bad') throw new Error('bug in the page')
      return event.type === 'typing' ? { messages: [...room.messages, event.data] } : room
    })
    const { has, result } = observe(queryClient, query)
    await has('the snapshot had come', () => true)
    for (const author of ['ada', 'bad', 'bob']) await type(author)
    await has('the others had come', ({ messages }) => messages.length === 2)
    expect(result().data).toEqual({ messages: ['ada', 'bob'] })
    await until(() => reports.length === 1, 'it was reported')
    expect(reports[0]?.[0].cause).toEqual(new Error('bug in the page'))
    expect(reports[0]?.[1]).toMatchObject({ channel: 'room', topic: 'roomId=lobby' })
  })

  it('that throws at the snapshot makes the query fail, and ends the subscription', async () => {
    const { queryClient, client, subscriptions } = await startTyped()
    const query = topicQuery(
      client.room({ roomId: 'lobby' }),
      () => {
        throw new Error('bug in the page')
      },
      { initial: 0 },
    )
    const { result } = observe(queryClient, query)
    await until(() => result().isError, 'it had failed')
    expect(result().error?.message).toBe(
      'The reducer of topicQuery for room?roomId=lobby threw: bug in the page',
    )
    await until(() => subscriptions() === 0, 'nothing was left')
  })

  it('with `initial` receives everything, and `as` tells two of them apart', async () => {
    const { queryClient, client, type, subscriptions } = await startTyped()
    const room = client.room({ roomId: 'lobby' })
    const types = topicQuery(room, (seen: string[], { type: name }) => [...seen, name], {
      initial: [],
      as: 'types',
    })
    const count = topicQuery(room, (n: number) => n + 1, { initial: 0, as: 'count' })
    const one = observe(queryClient, types)
    const other = observe(queryClient, count)
    await other.has('the snapshot had come', (n) => n === 1)
    await type('ada')
    await one.has('the event had come', ({ length }) => length === 2)
    await other.has('the event had come', (n) => n === 2)
    expect(one.result().data).toEqual(['snapshot', 'typing'])
    expect(subscriptions()).toBe(1)
  })

  it('keeps its data when a channel without a snapshot is fetched again', async () => {
    const { queryClient, client, tidings } = await startTyped()
    const ticks = topicQuery(
      client.ticks(),
      (seen: number[], event) => (event.type === 'tick' ? [...seen, event.data] : seen),
      { initial: [] },
    )
    const { has, result, observer } = observe(queryClient, ticks)
    await has('it was live', () => true)
    await tidings.emit.ticks().tick(1)
    await has('the event had come', ({ length }) => length === 1)
    await observer.refetch()
    await tidings.emit.ticks().tick(2)
    await has('the next event had come', ({ length }) => length === 2)
    expect([result().data, result().isStale]).toEqual([[1, 2], false])
  })
})

describe('a seed', () => {
  const seedOf = ({ tidings }: Awaited<ReturnType<typeof startTyped>>) =>
    tidings.snapshot.room({ roomId: 'lobby' }, { context: null })

  it('is the first data, and the subscription continues from it', async () => {
    const own = await startTyped()
    await own.type('before')
    const seed = parseSeed(contract.room, serializeSeed(contract.room, await seedOf(own)))
    await own.type('between')
    const loaded = own.loads.length
    const query = topicQuery(
      own.client.room({ roomId: 'lobby' }),
      (room, event) => (event.type === 'typing' ? { messages: [...room.messages, event.data] } : room),
      { seed },
    )
    const { has, seen } = observe(own.queryClient, query)
    expect(seen).toEqual([{ messages: ['before'] }])
    await has('the event had come', ({ messages }) => messages.length === 2)
    expect(seen).toEqual([{ messages: ['before'] }, { messages: ['before', 'between'] }])
    expect(own.loads.length).toBe(loaded)
  })

  it('is dehydrated with its position, and the page continues from it', async () => {
    const own = await startTyped()
    await own.type('before')
    const server = cacheOf()
    seedQuery(server, own.typed(), await seedOf(own))
    const html = JSON.stringify(dehydrate(server))
    expect(own.subscriptions()).toBe(0)
    await own.type('between')
    const loaded = own.loads.length
    hydrate(own.queryClient, JSON.parse(html))
    const { has, seen } = observe(own.queryClient, own.typed())
    expect(seen).toEqual([{ messages: ['before'] }])
    await has('the event had come', ({ messages }) => messages.length === 2)
    expect(own.loads.length).toBe(loaded)
    expect(own.queryClient.getQueryCache().getAll()).toHaveLength(1)
  })

  it('that the history no longer reaches is replaced by a snapshot', async () => {
    const own = await startTyped()
    const seed = await seedOf(own)
    own.log.push('now')
    const { has, seen } = observe(
      own.queryClient,
      topicQuery(own.client.room({ roomId: 'lobby' }), (room) => room, {
        seed: { ...seed, cursor: `another${seed.cursor}` },
      }),
    )
    await has('the snapshot had come', ({ messages }) => messages[0] === 'now')
    expect(seen).toEqual([{ messages: [] }, { messages: ['now'] }])
  })

  it('is not taken for data that was written since', async () => {
    const own = await startTyped()
    seedQuery(own.queryClient, own.typed(), await seedOf(own))
    own.log.push('now')
    own.queryClient.setQueryData(own.typed().queryKey, { messages: ['something else'] }, { updatedAt: 1 })
    const { has } = observe(own.queryClient, own.typed())
    await has('a snapshot had come', ({ messages }) => messages[0] === 'now')
  })

  it('is written only for the options of a topic', async () => {
    const own = await startTyped()
    const options = { ...own.typed(), queryFn: () => ({ messages: [] }) }
    expect(() => seedQuery(own.queryClient, options, { value: 1, cursor: 'e.0' })).toThrow(
      'The options given to seedQuery are not those of a topic. Give what topicQuery returned',
    )
  })
})
