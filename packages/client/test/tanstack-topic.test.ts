import { focusManager, onlineManager } from '@tanstack/query-core'
import { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { topicQuery } from '../src/tanstack-query.js'
import { connect } from './harness.js'
import { scriptedServer } from './scripted-server.js'
import { cacheOf, observe, startTyped } from './tanstack.js'

const lobby = { roomId: 'lobby' }

describe('the query of a topic', () => {
  it('has the snapshot as its first data, and each event folded into it', async () => {
    const { queryClient, typed, type, log, loads } = await startTyped()
    log.push('old')
    const { seen, has, result } = observe(queryClient, typed())
    expect([result().status, result().fetchStatus]).toEqual(['pending', 'fetching'])
    await has('the snapshot had come', () => true)
    expect([result().isFetching, result().isStale]).toEqual([false, false])
    await type('ada')
    await has('the event had come', ({ messages }) => messages.length === 2)
    expect(seen).toEqual([undefined, { messages: ['old'] }, { messages: ['old', 'ada'] }])
    expect(loads).toEqual(['lobby'])
  })

  it('changes once for the events of a turn', async () => {
    const { origin, streams, frame, asked, accept } = await scriptedServer()
    const { client } = connect(origin)
    const query = topicQuery(
      client.ticks(),
      (ticks: number[], event) => (event.type === 'tick' ? [...ticks, event.data] : ticks),
      { initial: [] },
    )
    const { seen, has } = observe(cacheOf(), query)
    await asked(1)
    accept('ticks', 'e', 'e.0')
    await has('it was live', () => true)
    const all = Array.from({ length: 500 }, (_, n) => n + 1)
    streams[0]?.write(all.map((n) => frame('tick', `e.${n}`, n)).join(''))
    await has('everything had come', ({ length }) => length === 500)
    expect(seen.at(-1)).toEqual(all)
    expect(seen.length).toBeLessThan(12)
  })

  it('shares one subscription between its observers', async () => {
    const { queryClient, typed, type, loads, subscriptions } = await startTyped()
    const one = observe(queryClient, typed())
    const other = observe(queryClient, typed())
    await one.has('the snapshot had come', () => true)
    const late = observe(queryClient, typed())
    expect(late.result().data).toEqual({ messages: [] })
    await type('ada')
    for (const { has } of [one, other, late])
      await has('the event had come', ({ messages }) => messages.length === 1)
    expect([subscriptions(), loads]).toEqual([1, ['lobby']])
  })

  it('is collected without observers, also while its first snapshot never comes', async () => {
    const own = await startTyped({
      gcTime: 10,
      handlers: { room: { snapshot: () => new Promise(() => {}) } },
    })
    const first = observe(own.queryClient, own.typed())
    await until(() => own.subscriptions() === 1, 'a subscription')
    first.stop()
    const second = observe(own.queryClient, own.typed())
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(own.queryClient.getQueryCache().getAll()).toHaveLength(1)
    second.stop()
    await until(() => own.subscriptions() === 0, 'the end of the subscription')
    expect(own.queryClient.getQueryCache().getAll()).toEqual([])
  })

  it('stays subscribed without observers until it is collected, and a new observer goes on with it', async () => {
    const { queryClient, typed, type, loads, subscriptions, subscribes } = await startTyped()
    const first = observe(queryClient, typed())
    await first.has('the snapshot had come', () => true)
    first.stop()
    await type('ada')
    await until(() => queryClient.getQueryData(typed().queryKey)?.messages.length === 1, 'the event had come')
    const again = observe(queryClient, typed())
    expect([again.result().data, again.result().isFetching]).toEqual([{ messages: ['ada'] }, false])
    expect([subscriptions(), loads.length, subscribes().length]).toEqual([1, 1, 1])
  })

  it.each([
    ['is collected', async (own: Awaited<ReturnType<typeof startTyped>>) => void own],
    [
      'is removed',
      async ({ queryClient, typed }) => queryClient.removeQueries({ queryKey: typed().queryKey }),
    ],
    ['is cleared with its cache', async ({ queryClient }) => queryClient.clear()],
  ] satisfies [string, (own: Awaited<ReturnType<typeof startTyped>>) => Promise<void>][])(
    'ends its subscription when it %s',
    async (how, end) => {
      const own = await startTyped({ gcTime: how === 'is collected' ? 10 : 60_000 })
      const { has, stop } = observe(own.queryClient, own.typed())
      await has('the snapshot had come', () => true)
      expect(own.subscriptions()).toBe(1)
      stop()
      await end(own)
      await until(() => own.subscriptions() === 0, 'the subscription had ended')
      expect(own.queryClient.getQueryCache().getAll()).toEqual([])
      expect(own.queryClient.getQueryCache().hasListeners()).toBe(false)
    },
  )

  it('is not fetched again on focus and reconnect', async () => {
    const { queryClient, typed, loads, subscribes, type } = await startTyped()
    const { has, result } = observe(queryClient, typed())
    await has('the snapshot had come', () => true)
    for (const is of [false, true]) {
      focusManager.setFocused(is)
      onlineManager.setOnline(is)
    }
    expect(result().isFetching).toBe(false)
    await type('ada')
    await has('the event had come', ({ messages }) => messages.length === 1)
    focusManager.setFocused(undefined)
    expect([loads.length, subscribes().length]).toEqual([1, 1])
  })

  it('has a fresh snapshot after it was invalidated, on the same subscription', async () => {
    const { queryClient, typed, type, log, loads, subscriptions } = await startTyped()
    const { has, result } = observe(queryClient, typed())
    await has('the snapshot had come', () => true)
    log.push('changed without an event')
    await queryClient.invalidateQueries({ queryKey: ['tidings', 'room'] })
    expect(result().data).toEqual({ messages: ['changed without an event'] })
    expect([result().isStale, loads.length, subscriptions()]).toEqual([false, 2, 1])
    await type('ada')
    await has('the event had come', ({ messages }) => messages.length === 2)
    expect(result().data).toEqual({ messages: ['changed without an event', 'ada'] })
  })

  it('that was invalidated without observers has a fresh snapshot for the next one, whatever events came', async () => {
    const { queryClient, typed, type, log } = await startTyped()
    const first = observe(queryClient, typed())
    await first.has('the snapshot had come', () => true)
    first.stop()
    log.push('changed without an event')
    await queryClient.invalidateQueries({ queryKey: typed().queryKey })
    await type('ada')
    await until(() => queryClient.getQueryData(typed().queryKey)?.messages.length === 1, 'the event had come')
    const again = observe(queryClient, typed())
    await again.has('the fresh snapshot had come', ({ messages }) => messages.length === 2)
    expect(again.result().data).toEqual({ messages: ['changed without an event', 'ada'] })
  })

  it('is stale from a gap until the snapshot that follows', async () => {
    const { origin, send, asked, accept } = await scriptedServer()
    const { client } = connect(origin)
    const { has, result } = observe(
      cacheOf(),
      topicQuery(client.room(lobby), (room) => room),
    )
    await asked(1)
    accept('room?roomId=lobby', 'e')
    send('$snapshot', 'e.0', { messages: ['a'] })
    await has('the snapshot had come', () => true)
    expect(result().isStale).toBe(false)
    send('$gap', '', { reason: 'expired', cursor: 'e.5', topic: 'room?roomId=lobby' })
    await until(() => result().isStale, 'the gap had come')
    expect(result().data).toEqual({ messages: ['a'] })
    send('$snapshot', 'e.5', { messages: ['b'] })
    await has('the fresh snapshot had come', ({ messages }) => messages[0] === 'b')
    expect([result().isStale, result().isFetching]).toEqual([false, false])
  })

  it('fails with the refusal of the server, and can be tried again', async () => {
    let isAllowed = false
    const { queryClient, typed, errors, subscriptions } = await startTyped({
      handlers: { room: { authorize: () => isAllowed, snapshot: () => ({ messages: ['secret'] }) } },
    })
    const { result, observer } = observe(queryClient, typed())
    await until(() => result().isError, 'it had failed')
    expect(result().error).toBeInstanceOf(TidingsError)
    expect([result().error?.code, result().data, result().failureCount]).toEqual(['forbidden', undefined, 1])
    expect([errors, subscriptions()]).toEqual([[], 0])
    isAllowed = true
    await observer.refetch()
    expect(result().data).toEqual({ messages: ['secret'] })
    expect(result().error).toBe(null)
  })

  it('fails when the server takes the topic away, and keeps its data', async () => {
    let isAllowed = true
    const { tidings, queryClient, typed, errors, subscriptions } = await startTyped({
      handlers: { room: { authorize: () => isAllowed, snapshot: () => ({ messages: ['a'] }) } },
    })
    const { result, has } = observe(queryClient, typed())
    await has('the snapshot had come', () => true)
    const failed: unknown[] = []
    queryClient.getQueryCache().config.onError = (error) => failed.push(error)
    isAllowed = false
    await tidings.reauthorize(() => true)
    await until(() => result().isError, 'it had failed')
    expect(result().error?.code).toBe('forbidden')
    expect(result().data).toEqual({ messages: ['a'] })
    expect([failed, errors, result().isStale]).toEqual([[result().error], [], true])
    await until(() => subscriptions() === 0, 'nothing was left')
  })

  it('fails when the client is closed, and goes on with another one', async () => {
    const own = await startTyped()
    const { result, has, observer } = observe(own.queryClient, own.typed())
    await has('the snapshot had come', () => true)
    own.client.close()
    await until(() => result().isError, 'it had failed')
    expect([result().error?.code, result().data]).toEqual(['closed', { messages: [] }])
    const { client } = connect(own.url)
    observer.setOptions(
      topicQuery(client.room(lobby), (room, event) =>
        event.type === 'typing' ? { messages: [...room.messages, event.data] } : room,
      ),
    )
    own.log.push('meanwhile')
    await observer.refetch()
    await own.type('ada')
    await has('the event had come', ({ messages }) => messages.length === 2)
    expect(result().data).toEqual({ messages: ['meanwhile', 'ada'] })
    expect(result().status).toBe('success')
  })

  it('calls the newest reducer', async () => {
    const { queryClient, client, type } = await startTyped()
    const query = (mark: string) =>
      topicQuery(client.room(lobby), (room, event) =>
        event.type === 'typing' ? { messages: [...room.messages, event.data + mark] } : room,
      )
    const { observer, has, result } = observe(queryClient, query('!'))
    await has('the snapshot had come', () => true)
    await type('ada')
    await has('the event had come', ({ messages }) => messages.length === 1)
    observer.setOptions(query('?'))
    await type('bob')
    await has('the next event had come', ({ messages }) => messages.length === 2)
    expect(result().data).toEqual({ messages: ['ada!', 'bob?'] })
  })

  it.each([
    ['ends its subscription when it is fetched where nothing collects it, as on a server', false],
    ['stays subscribed there when an observer comes', true],
  ])('%s', async (_what, isObserved) => {
    const { queryClient, typed, subscriptions, type } = await startTyped({ gcTime: Number.POSITIVE_INFINITY })
    expect(await queryClient.fetchQuery(typed())).toEqual({ messages: [] })
    if (isObserved) {
      const { has } = observe(queryClient, typed())
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      await type('ada')
      await has('the event had come', ({ messages }) => messages.length === 1)
      expect(subscriptions()).toBe(1)
    } else await until(() => subscriptions() === 0, 'the subscription had ended')
  })

  it('is apart from that of another cache', async () => {
    const own = await startTyped()
    const other = cacheOf()
    const one = observe(own.queryClient, own.typed())
    const two = observe(other, own.typed())
    await one.has('the snapshot had come', () => true)
    await two.has('the snapshot had come', () => true)
    own.queryClient.clear()
    await own.type('ada')
    await two.has('the event had come', ({ messages }) => messages.length === 1)
    expect(own.subscriptions()).toBe(1)
    other.clear()
    await until(() => own.subscriptions() === 0, 'nothing was left')
  })

  it('leaves nothing when its cache is cleared while it loads, and can be fetched again', async () => {
    const own = await startTyped()
    const one = observe(own.queryClient, own.typed())
    own.queryClient.clear()
    own.client.ticks().on('tick', () => {})
    await own.isOpen()
    expect(own.subscriptions()).toBe(1)
    await one.observer.refetch()
    await own.type('ada')
    await one.has('the event had come', ({ messages }) => messages.length === 1)
    expect(own.subscriptions()).toBe(2)
  })

  it('makes no request while it is disabled', async () => {
    const own = await startTyped()
    const one = observe(own.queryClient, { ...own.typed(), enabled: false })
    await own.client.ping()
    expect(own.requests.map(({ url }) => url)).toEqual(['/events/ping'])
    one.observer.setOptions({ ...own.typed(), enabled: true })
    await one.has('the snapshot had come', () => true)
  })

  it('goes on after a reconnect', async () => {
    const own = await startTyped()
    const one = observe(own.queryClient, own.typed())
    await one.has('the snapshot had come', () => true)
    own.client.reconnect()
    await own.type('ada')
    await one.has('the event had come', ({ messages }) => messages.length === 1)
    expect(own.loads.length).toBe(1)
  })

  it('has a temporary refusal as its failure reason, until the client is admitted', async () => {
    let fails = 2
    const own = await startTyped({
      handlers: {
        room: {
          authorize: () => {
            if (fails-- > 0) throw new Error('down')
            return true
          },
          snapshot: () => ({ messages: ['a'] }),
        },
      },
    })
    const one = observe(own.queryClient, own.typed())
    await until(() => one.result().failureCount > 0, 'it had failed')
    expect(one.result().failureReason?.code).toBeDefined()
    await one.has('the snapshot had come', () => true)
    expect([one.result().failureCount, one.result().failureReason]).toEqual([0, null])
  })
})
