import { QueryObserver } from '@tanstack/query-core'
import { seeded, until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { runQuery, topicQuery } from '../src/tanstack-query.js'
import { connect, startServer } from './harness.js'
import { scriptedServer } from './scripted-server.js'
import { cacheOf, observe, startTyped } from './tanstack.js'

describe('a query whose client is closed', () => {
  const key = 'room?roomId=lobby'

  it('fails while it waits for its first snapshot', async () => {
    const { origin, asked, accept } = await scriptedServer()
    const { client, isOpen } = connect(origin)
    const { result } = observe(
      cacheOf(),
      topicQuery(client.room({ roomId: 'lobby' }), (room) => room),
    )
    await asked(1)
    accept(key, 'e')
    await isOpen()
    client.close()
    await until(() => result().isError, 'it had failed')
    expect(result().error?.code).toBe('closed')
  })

  it('fails while it waits for the snapshot after a gap', async () => {
    const { origin, send, asked, accept } = await scriptedServer()
    const { client } = connect(origin)
    const { result, has } = observe(
      cacheOf(),
      topicQuery(client.room({ roomId: 'lobby' }), (room) => room),
    )
    await asked(1)
    accept(key, 'e')
    send('$snapshot', 'e.0', { messages: ['a'] })
    await has('the snapshot had come', () => true)
    send('$gap', '', { reason: 'expired', cursor: 'e.5', topic: key })
    await until(() => result().isStale, 'the gap had come')
    client.close()
    await until(() => result().isError, 'it had failed')
    expect([result().error?.code, result().data]).toEqual(['closed', { messages: ['a'] }])
  })

  it('fails before it is live', async () => {
    const { client, queryClient, typed } = await startTyped()
    const { result } = observe(queryClient, typed())
    client.close()
    await until(() => result().isError, 'it had failed')
    expect(result().error?.code).toBe('closed')
    const later = observe(queryClient, typed('attic'))
    await until(() => later.result().isError, 'it had failed')
    expect(later.result().error?.code).toBe('closed')
  })
})

describe('whatever happens in between', () => {
  it.each(Array.from({ length: 40 }, (_, n) => n + 1))(
    'the data is what was emitted, and nothing is left (%i)',
    async (seed) => {
      const own = await startTyped({ gcTime: seed % 3 === 0 ? 0 : 1_000 })
      const { queryClient, typed, type, log, subscriptions, errors } = own
      const next = seeded(seed)
      const observers: (() => void)[] = []
      const { queryKey } = typed()
      let previous: { messages: string[] } | undefined
      let n = 0
      const steps = [
        () => void type(String(n++)),
        () => void type(String(n++)),
        () => void type(String(n++)),
        () => observers.push(new QueryObserver(queryClient, typed()).subscribe(() => {})),
        () => observers.push(new QueryObserver(queryClient, typed()).subscribe(() => {})),
        () => observers.pop()?.(),
        () => observers.pop()?.(),
        () => void queryClient.invalidateQueries().catch(() => {}),
        () => void queryClient.refetchQueries().catch(() => {}),
        () => void queryClient.cancelQueries(),
        () => void queryClient.resetQueries().catch(() => {}),
        () => {
          if (next() < 0.3) queryClient.clear()
        },
        () => {
          if (next() < 0.3) queryClient.removeQueries({ queryKey })
        },
        () => {
          const data = queryClient.getQueryData(queryKey)
          if (!data || previous) return
          previous = data
          queryClient.setQueryData(
            queryKey,
            (data: { messages: string[] } | undefined) =>
              data && { messages: [...data.messages, 'optimistic'] },
          )
        },
        () => {
          if (previous) queryClient.setQueryData(queryKey, previous)
          previous = undefined
        },
      ]
      const does: number[] = []
      for (let step = 0; step < 60; step += 1) {
        const index = Math.floor(next() * steps.length)
        does.push(index)
        steps[index]?.()
        const pause = next()
        if (pause < 0.3) await new Promise((resolve) => setTimeout(resolve, pause * 30))
        else if (pause < 0.6) await Promise.resolve()
      }
      for (const stop of observers) stop()
      const { result } = observe(queryClient, typed())
      await until(
        () => result().status === 'success' && result().fetchStatus === 'idle',
        `it was loaded after ${does}`,
      )
      if (previous) queryClient.setQueryData(queryKey, previous)
      await type('last')
      try {
        await until(() => result().data?.messages.at(-1) === 'last', 'the last event had come')
        expect(result().data?.messages).toEqual(log)
      } catch (error) {
        throw new Error(`${does}: ${JSON.stringify(result())} ${JSON.stringify(log)}`, { cause: error })
      }
      expect(subscriptions()).toBe(1)
      expect(errors).toEqual([])
      queryClient.clear()
      await until(() => subscriptions() === 0, 'nothing was left')
    },
  )

  it.each(Array.from({ length: 20 }, (_, n) => n + 1))(
    'a run is read to its end, and none is left (%i)',
    async (seed) => {
      let active = 0
      const server = await startServer({
        count: {
          lingerMs: 50,
          run: async function* ({ input, signal }) {
            active += 1
            try {
              for (let n = 1; n <= input.to; n += 1) {
                if (signal.aborted) return { total: -1 }
                await new Promise((resolve) => setTimeout(resolve, 3))
                yield { type: 'number', data: n }
              }
              return { total: input.to }
            } finally {
              active -= 1
            }
          },
        },
      })
      const { client, errors } = connect(server.url)
      const queryClient = cacheOf({ gcTime: seed % 3 === 0 ? 0 : 500 })
      const options = () =>
        runQuery(client.count, { input: { to: 30 } }, (seen: number[], event) => [...seen, event.data], {
          initial: [],
        })
      const next = seeded(seed)
      const observers: (() => void)[] = []
      const does: string[] = []
      const steps: [string, () => void][] = [
        ['observe', () => observers.push(new QueryObserver(queryClient, options()).subscribe(() => {}))],
        ['observe', () => observers.push(new QueryObserver(queryClient, options()).subscribe(() => {}))],
        ['leave', () => observers.pop()?.()],
        ['leave', () => observers.pop()?.()],
        ['invalidate', () => void queryClient.invalidateQueries()],
        ['refetch', () => void new QueryObserver(queryClient, options()).refetch()],
        [
          'cancel',
          () => {
            if (next() < 0.4) void queryClient.cancelQueries()
          },
        ],
        [
          'reset',
          () => {
            if (next() < 0.4) void queryClient.resetQueries()
          },
        ],
        [
          'clear',
          () => {
            if (next() < 0.4) queryClient.clear()
          },
        ],
      ]
      for (let step = 0; step < 30; step += 1) {
        const [name, run] = steps[Math.floor(next() * steps.length)] ?? ['', () => {}]
        does.push(name)
        run()
        const pause = next()
        if (pause < 0.3) await new Promise((resolve) => setTimeout(resolve, pause * 50))
        else if (pause < 0.6) await Promise.resolve()
      }
      for (const stop of observers) stop()
      const { result, observer } = observe(queryClient, options())
      try {
        await until(() => !result().isFetching, 'it was idle')
        if (result().data?.status !== 'done') await observer.refetch()
        if (result().data?.status !== 'done') await observer.refetch()
        expect(result().data).toMatchObject({ status: 'done', output: { total: 30 } })
        expect(result().data?.value).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
      } catch (error) {
        throw new Error(`${does}: ${JSON.stringify(result())}`, { cause: error })
      }
      await until(() => active === 0, 'all runs were over')
      expect(errors).toEqual([])
    },
  )
})
