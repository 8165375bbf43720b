import { dehydrate, hashKey, hydrate, MutationObserver } from '@tanstack/query-core'
import { bigint, defineContract, isoDate, map, set, stream, TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { createClient } from '../src/index.js'
import { commandMutation, runQuery } from '../src/tanstack-query.js'
import { connect, startServer } from './harness.js'
import { cacheOf, observe } from './tanstack.js'

describe('the mutation of a command', () => {
  it('calls it with its variables, and has its output, decoded', async () => {
    const { url } = await startServer()
    const { client } = connect(url)
    const queryClient = cacheOf()
    const mutation = new MutationObserver(queryClient, commandMutation(client.send))
    expect(await mutation.mutate({ text: 'hi' })).toEqual({ text: 'hi', sentAt: new Date(0) })
    expect(queryClient.getMutationCache().find({ mutationKey: ['tidings', 'send'] })?.state.status).toBe(
      'success',
    )
    await new MutationObserver(queryClient, commandMutation(client.ping)).mutate()
  })

  it('fails with the errors of the command, whose data is decoded', async () => {
    const { url } = await startServer({
      send: ({ fail }) => {
        throw fail('muted', { until: new Date(5) })
      },
    })
    const { client } = connect(url)
    const failed: unknown[] = []
    const mutation = new MutationObserver(
      cacheOf(),
      commandMutation(client.send, {
        onMutate: () => 'before',
        onError: (error, { text }, before) => failed.push(error.code, error.data, text, before),
      }),
    )
    await expect(mutation.mutate({ text: 'hi' })).rejects.toBeInstanceOf(TidingsError)
    expect(failed).toEqual(['muted', { until: new Date(5) }, 'hi', 'before'])
    const { error } = mutation.getCurrentResult()
    expect(error?.code === 'muted' && error.data.until).toEqual(new Date(5))
  })
})

it('a mutation does not call a command again, whatever the defaults of the cache', async () => {
  let calls = 0
  const { url } = await startServer({
    send: ({ fail }) => {
      calls += 1
      throw fail('muted', { until: new Date(5) })
    },
  })
  const queryClient = cacheOf()
  queryClient.setDefaultOptions({ mutations: { retry: 2, retryDelay: 1 } })
  const mutation = new MutationObserver(queryClient, commandMutation(connect(url).client.send))
  await expect(mutation.mutate({ text: 'hi' })).rejects.toMatchObject({ code: 'muted' })
  expect(calls).toBe(1)
})

it('the queries of runs with different inputs differ, also where JSON knows no difference', async () => {
  const contract = defineContract({
    sum: stream({
      input: z.object({
        ids: set(z.string()),
        counts: map(z.string(), z.number()),
        at: isoDate,
        big: bigint,
        list: z.array(set(z.number())),
      }),
      events: {},
    }),
  })
  const client = createClient(contract, { url: 'http://localhost/events' })
  onTestFinished(() => client.close())
  const input = {
    ids: new Set(['a']),
    counts: new Map([['a', 1]]),
    at: new Date(0),
    big: 1n,
    list: [] as Set<number>[],
  }
  const hashOf = (changes: Partial<typeof input>) =>
    hashKey(runQuery(client.sum, { input: { ...input, ...changes } }).queryKey)
  const hashes = [
    hashOf({}),
    hashOf({ ids: new Set(['b']) }),
    hashOf({ counts: new Map([['a', 2]]) }),
    hashOf({ at: new Date(1) }),
    hashOf({ big: 2n }),
    hashOf({ list: [new Set([1])] }),
  ]
  expect(new Set(hashes).size).toBe(hashes.length)
  expect(hashOf({ ids: new Set(['a']), counts: new Map([['a', 1]]) })).toBe(hashes[0])
})

describe('the query of a run', () => {
  /** A server whose runs go on when the test says so. */
  async function start({ gcTime }: { gcTime?: number } = {}) {
    const starts: number[] = []
    const ended: string[] = []
    let release = () => {}
    let gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const server = await startServer({
      count: {
        lingerMs: 60_000,
        run: async function* ({ input, signal, fail }) {
          starts.push(input.to)
          signal.addEventListener('abort', () => ended.push('aborted'))
          if (input.to === 0) throw fail('tooMany', { max: 0, at: new Date(5) })
          for (let n = 1; n <= input.to; n += 1) {
            if (n > 2) await gate
            yield { type: 'number', data: n }
          }
          ended.push('done')
          return { total: input.to }
        },
      },
    })
    const { client } = connect(server.url)
    const queryClient = cacheOf(gcTime === undefined ? {} : { gcTime })
    const counted = (to: number) =>
      runQuery(client.count, { input: { to } }, (seen: number[], event) => [...seen, event.data], {
        initial: [],
      })
    const again = () => {
      gate = new Promise<void>((resolve) => {
        release = resolve
      })
    }
    onTestFinished(() => release())
    return { ...server, client, queryClient, counted, starts, ended, release: () => release(), again }
  }

  it('grows with the events, and has the output at the end', async () => {
    const { queryClient, counted, starts, release } = await start()
    const { result, has } = observe(queryClient, counted(4))
    await has('two events had come', ({ value }) => value.length === 2)
    expect(result().data).toMatchObject({ status: 'running', value: [1, 2], output: undefined })
    expect([result().status, result().fetchStatus]).toEqual(['success', 'fetching'])
    release()
    await until(() => !result().isFetching, 'the run was over')
    expect(result().data).toMatchObject({ status: 'done', value: [1, 2, 3, 4], output: { total: 4 } })
    expect([result().isStale, starts]).toEqual([false, [4]])
  })

  it('is the list of events without a reducer', async () => {
    const { queryClient, client } = await start()
    const data = await queryClient.fetchQuery(runQuery(client.count, { input: { to: 2 } }))
    expect(data.value).toEqual([
      { type: 'number', data: 1 },
      { type: 'number', data: 2 },
    ])
  })

  it('starts one run for all observers, however they come and go', async () => {
    const { queryClient, counted, starts, ended, release } = await start()
    observe(queryClient, counted(4)).stop()
    const one = observe(queryClient, counted(4))
    await one.has('two events had come', ({ value }) => value.length === 2)
    one.stop()
    const other = observe(queryClient, counted(4))
    expect(other.result().data?.value).toEqual([1, 2])
    release()
    await other.has('the run was over', ({ status }) => status === 'done')
    await queryClient.invalidateQueries()
    expect([starts, ended]).toEqual([[4], ['done']])
  })

  it('starts another run when it is fetched again after its end', async () => {
    const { queryClient, counted, starts } = await start()
    const { observer, has, result } = observe(queryClient, counted(1))
    await has('the run was over', ({ status }) => status === 'done')
    const first = result().data?.id
    await observer.refetch()
    expect(starts).toEqual([1, 1])
    expect(result().data).toMatchObject({ status: 'done', value: [1] })
    expect(result().data?.id).not.toBe(first)
  })

  it.each([
    ['cancelQueries', ({ queryClient }) => queryClient.cancelQueries()],
    ['removeQueries', async ({ queryClient }) => queryClient.removeQueries()],
    ['its collection', async () => {}],
  ] satisfies [string, (own: Awaited<ReturnType<typeof start>>) => Promise<void>][])(
    'detaches with %s, which ends the run of its last reader',
    async (how, end) => {
      const own = await start(how === 'its collection' ? { gcTime: 10 } : {})
      const { has, stop } = observe(own.queryClient, own.counted(4))
      await has('two events had come', ({ value }) => value.length === 2)
      if (how !== 'cancelQueries') stop()
      await end(own)
      await until(() => own.ended.length === 1, 'the run had ended')
      expect(own.ended).toEqual(['aborted'])
      await until(() => own.queryClient.isFetching() === 0, 'nothing was fetched')
    },
  )

  it('attaches to a run by its id, also to one whose data was stored', async () => {
    const { queryClient, client, counted, starts, release } = await start()
    const { has } = observe(queryClient, counted(4))
    await has('two events had come', ({ value }) => value.length === 2)
    const id = queryClient.getQueryData(counted(4).queryKey)?.id ?? ''
    const stored = JSON.stringify(dehydrate(queryClient))
    const reloaded = cacheOf()
    hydrate(reloaded, JSON.parse(stored))
    const same = observe(reloaded, counted(4))
    expect(same.result().data?.value).toEqual([1, 2])
    const other = observe(queryClient, runQuery(client.count, { id }))
    release()
    await same.has('the run was over', ({ status, value }) => status === 'done' && value.length === 4)
    await other.has('the run was over', ({ status, value }) => status === 'done' && value.length === 4)
    expect(starts).toEqual([4])
  })

  it('starts another run when the one that its data shows as running has ended meanwhile', async () => {
    const { queryClient, counted, starts, ended, release } = await start()
    const { observer, has, result } = observe(queryClient, counted(4))
    await has('two events had come', ({ value }) => value.length === 2)
    await queryClient.cancelQueries()
    await until(() => ended.length === 1, 'the run had ended')
    expect([result().data?.status, result().isFetching]).toEqual(['running', false])
    await observer.refetch()
    expect([result().error?.code, result().data?.status]).toEqual(['cancelled', 'failed'])
    expect(result().data?.value).toEqual([1, 2])
    release()
    await observer.refetch()
    expect(result().data).toMatchObject({ status: 'done', value: [1, 2, 3, 4] })
    expect(starts).toEqual([4, 4])
  })

  it('fails with the errors of the stream, and does not start again unasked', async () => {
    const { queryClient, counted, starts } = await start()
    const { result, stop } = observe(queryClient, counted(0))
    await until(() => result().isError, 'it had failed')
    const error = result().error
    expect(error?.code === 'tooMany' && error.data).toEqual({ max: 0, at: new Date(5) })
    stop()
    const again = observe(queryClient, counted(0))
    expect([again.result().isError, again.result().isFetching, starts]).toEqual([true, false, [0]])
  })

  it('fails when the client is closed, and attaches to the run with another one', async () => {
    const own = await start()
    const { has, result, observer } = observe(own.queryClient, own.counted(4))
    await has('two events had come', ({ value }) => value.length === 2)
    own.client.close()
    await until(() => result().isError, 'it had failed')
    expect([result().error?.code, result().data?.status]).toEqual(['closed', 'running'])
    const { client } = connect(own.url)
    observer.setOptions(
      runQuery(client.count, { input: { to: 4 } }, (seen: number[], event) => [...seen, event.data], {
        initial: [],
      }),
    )
    own.release()
    await observer.refetch()
    expect(result().data).toMatchObject({ status: 'done', value: [1, 2, 3, 4] })
    expect(own.starts).toEqual([4])
  })
})
