import { channel, defineContract } from '@tidings/core'
import type { ControlOperation, ControlResult } from '@tidings/core/wire'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type LimitOptions, memoryBus, type ServerOptions } from '../src/index.js'
import { mount, open, openShared, post } from './harness.js'

const contract = defineContract({
  room: channel({ params: { id: z.string() }, events: { said: z.number() } }),
  feed: channel({ params: { id: z.string() }, events: { item: z.number() } }),
})

async function start(limits: LimitOptions = {}, options: ServerOptions<string> = {}) {
  const running = new Set<string>()
  let sources = 0
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => headers.get('x-user') ?? 'ada',
      principal: (user) => user,
      limits,
      ...options,
    },
    {
      feed: {
        source: ({ params, signal }) =>
          new Promise<void>((resolve) => {
            sources += 1
            running.add(params.id)
            signal.addEventListener('abort', () => {
              running.delete(params.id)
              resolve()
            })
          }),
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  return { tidings, url, running, sources: () => sources }
}

async function connect(url: string, user = 'ada') {
  const connection = await openShared(url, { 'x-user': user })
  const control = async (...operations: ControlOperation[]) => (await connection.control(operations)).results
  return {
    stream: connection.stream,
    control,
    subscribe: (...keys: string[]) => control(...keys.map((key) => ({ subscribe: key }))),
  }
}

/** A connection of which nothing is kept but its id. */
async function connectUnread(url: string) {
  const leaving = new AbortController()
  const response = await fetch(url, { signal: leaving.signal })
  const text = new TextDecoder().decode((await response.body?.getReader().read())?.value)
  const id = /"id":"([^"]+)"/.exec(text)?.[1]
  const control = async (...operations: ControlOperation[]): Promise<ControlResult[]> =>
    (await post(`${url}/$connections/${id}`, { operations })).body.results
  return { control, abort: () => leaving.abort() }
}

const rooms = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `room?id=${from + n}`)

describe('a topic that was never emitted to', () => {
  it('costs nothing once its subscribers have left, and is resumed all the same', async () => {
    const { tidings, url } = await start()
    const first = await open(`${url}/room?id=a`)
    const cursor = String((await first.count(1))[0]?.id)
    first.leave()
    await until(() => tidings.stats().connections === 0, 'it had left')
    expect(tidings.stats().topics).toBe(0)
    const second = await open(`${url}/room?id=a`, { headers: { 'last-event-id': cursor } })
    await second.count(1)
    await tidings.emit.room({ id: 'a' }).said(1)
    await second.count(2)
    expect(second.events).toMatchObject([
      { event: '$open', id: cursor },
      { event: 'said', id: cursor.replace(/0$/, '1') },
    ])
  })

  it('is not followed on a bus for lingerMs, and is resumed all the same', async () => {
    const { tidings, url } = await start({}, { bus: memoryBus(), lingerMs: 600_000 })
    const first = await open(`${url}/room?id=a`)
    const cursor = String((await first.count(1))[0]?.id)
    first.leave()
    await until(() => tidings.stats().connections === 0 && tidings.stats().topics === 0, 'its topic is gone')
    await tidings.emit.room({ id: 'a' }).said(1)
    const second = await open(`${url}/room?id=a`, { headers: { 'last-event-id': cursor } })
    expect(await second.count(2)).toMatchObject([
      { event: '$open', id: cursor },
      { event: 'said', id: cursor.replace(/0$/, '1') },
    ])
  })

  it('keeps its events for a subscriber that returns', async () => {
    const { tidings, url } = await start()
    const first = await open(`${url}/room?id=a`)
    const cursor = String((await first.count(1))[0]?.id)
    first.leave()
    await until(() => tidings.stats().connections === 0, 'it had left')
    await tidings.emit.room({ id: 'a' }).said(1)
    await tidings.emit.room({ id: 'a' }).said(2)
    expect(tidings.stats().topics).toBe(1)
    const second = await open(`${url}/room?id=a`, { headers: { 'last-event-id': cursor } })
    expect((await second.count(3)).map(({ event, data }) => [event, data]).slice(1)).toEqual([
      ['said', '1'],
      ['said', '2'],
    ])
  })

  it('yields a gap on resume when an event was emitted after its history expired', async () => {
    const { tidings, url } = await start({}, { history: { ms: 1 } })
    const first = await open(`${url}/room?id=a`)
    const cursor = String((await first.count(1))[0]?.id)
    first.leave()
    await until(() => tidings.stats().connections === 0, 'it had left')
    const leftAt = performance.now()
    await until(() => performance.now() - leftAt > 1, 'its history was over')
    await tidings.emit.room({ id: 'a' }).said(1)
    expect(tidings.stats().topics).toBe(0)
    const second = await open(`${url}/room?id=a`, { headers: { 'last-event-id': cursor } })
    expect((await second.count(2))[1]).toMatchObject({
      event: '$gap',
      data: expect.stringContaining('"history_lost"'),
    })
  })

  it('yields a gap on resume after it was forgotten among many others', async () => {
    const { tidings, url } = await start(
      { subscriptionsPerConnection: 100_000, topicsPerPrincipal: 100_000 },
      { history: { ms: 1_000_000 } },
    )
    const { control, subscribe } = await connect(url)
    const [first] = await subscribe('room?id=first')
    const { cursor = '' } = first as { cursor?: string }
    await control({ unsubscribe: 'room?id=first' })
    for (let n = 0; n < 50_500; n += 500) {
      const keys = rooms(500, n)
      await subscribe(...keys)
      await control(...keys.map((unsubscribe) => ({ unsubscribe })))
    }
    expect(tidings.stats().topics).toBe(0)
    const [again, newest] = await control(
      { subscribe: 'room?id=first', cursor },
      { subscribe: 'room?id=50499', cursor: 'other.0' },
    )
    expect([again, newest]).toMatchObject([
      { status: 'gap', reason: 'history_lost' },
      { status: 'gap', reason: 'history_lost' },
    ])
  })

  it('is kept while its source lingers, and not after that', async () => {
    const { tidings, url, running, sources } = await start({}, { lingerMs: 50 })
    const first = await open(`${url}/feed?id=a`)
    await first.count(1)
    first.leave()
    await until(() => tidings.stats().connections === 0, 'it had left')
    expect(sources()).toBe(1)
    await until(() => running.size === 0, 'the source was stopped')
    expect(tidings.stats().topics).toBe(0)
  })

  it('leaves no memory in use after very many of them', async () => {
    const { tidings, url } = await start({ subscriptionsPerConnection: 100_000, topicsPerPrincipal: 100_000 })
    const visit = async (from: number) => {
      const { control, abort } = await connectUnread(url)
      const keys = rooms(500, from)
      expect((await control(...keys.map((subscribe) => ({ subscribe }))))[0]).toMatchObject({
        status: 'accepted',
      })
      await control(...keys.map((unsubscribe) => ({ unsubscribe })))
      abort()
    }
    const used = () => {
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    // As many as are remembered.
    for (let n = 0; n < 60_000; n += 500) await visit(n)
    const before = used()
    for (let n = 60_000; n < 80_000; n += 500) await visit(n)
    expect(tidings.stats().topics).toBe(0)
    expect((used() - before) / 20_000).toBeLessThan(100)
  })
})

describe('limits of topics', () => {
  it('refuse one topic too many of a principal on any connection, until one is left', async () => {
    const { url } = await start({ topicsPerPrincipal: 3 })
    const [one, two, other] = [await connect(url), await connect(url), await connect(url, 'bob')]
    await one.subscribe(...rooms(2))
    const refused = {
      status: 'refused',
      problem: { code: 'too_many_requests', retryAfterMs: expect.any(Number) },
    }
    expect(await two.subscribe(...rooms(2, 2))).toMatchObject([{ status: 'accepted' }, refused])
    const plain = await fetch(`${url}/room?id=9`, { headers: { 'x-user': 'ada' } })
    expect([plain.status, plain.headers.has('retry-after')]).toEqual([429, true])
    // One that is there costs nothing more, and another principal has topics of its own.
    expect(await two.subscribe('room?id=0')).toMatchObject([{ status: 'accepted' }])
    expect(await other.subscribe('room?id=9')).toMatchObject([{ status: 'accepted' }])
    await one.control({ unsubscribe: 'room?id=1' })
    expect(await two.subscribe('room?id=8')).toMatchObject([{ status: 'accepted' }])
  })

  it('count a topic for another subscriber once the counted one has left', async () => {
    const { url } = await start({ topicsPerPrincipal: 2 })
    const [ada, bob] = [await connect(url), await connect(url, 'bob')]
    await ada.subscribe(...rooms(2))
    await bob.subscribe(...rooms(1))
    await ada.control({ unsubscribe: 'room?id=0' })
    expect(await ada.subscribe(...rooms(1, 5))).toMatchObject([{ status: 'accepted' }])
    expect(await bob.subscribe(...rooms(2, 6))).toMatchObject([{ status: 'accepted' }, { status: 'refused' }])
  })

  it('refuse one topic too many of an address, for its principals together', async () => {
    const { url } = await start({ topicsPerAddress: 2 })
    const [ada, bob] = [await connect(url), await connect(url, 'bob')]
    await ada.subscribe(...rooms(1))
    expect(await bob.subscribe(...rooms(2, 1))).toMatchObject([{ status: 'accepted' }, { status: 'refused' }])
  })

  it.each([
    ['in memory', undefined],
    ['on a bus', memoryBus],
  ])(
    'have topics without subscribers give way, oldest first, and refuse what has no room then: %s',
    async (_where, bus) => {
      const { tidings, url } = await start({ topics: 3 }, bus ? { bus: bus(), lingerMs: 60_000 } : {})
      const { control, subscribe } = await connect(url)
      const accepted = await subscribe(...rooms(3))
      for (const id of ['0', '1', '2']) await tidings.emit.room({ id }).said(1)
      await control({ unsubscribe: 'room?id=1' }, { unsubscribe: 'room?id=0' })
      expect(tidings.stats().topics).toBe(3)
      expect(await subscribe('room?id=3')).toMatchObject([{ status: 'accepted' }])
      expect(await subscribe('room?id=0')).toMatchObject([{ status: 'accepted' }])
      const full = { status: 'refused', problem: { code: 'unavailable', retryAfterMs: expect.any(Number) } }
      expect(await subscribe('room?id=4')).toMatchObject([full])
      expect((await fetch(`${url}/room?id=4`)).status).toBe(503)
      expect(tidings.stats().topics).toBe(3)
      // What had to give way is a gap where nothing else keeps its events.
      await control({ unsubscribe: 'room?id=3' })
      const { cursor } = accepted[1] as { cursor?: string }
      const [back] = await control({ subscribe: 'room?id=1', ...(cursor ? { cursor } : {}) })
      expect(back).toMatchObject({ status: bus ? 'accepted' : 'gap' })
    },
  )

  it('stop lingering sources, oldest first, before they refuse another source', async () => {
    const { url, running } = await start({ sources: 2 }, { lingerMs: 60_000 })
    const { control, subscribe } = await connect(url)
    await subscribe('feed?id=a', 'feed?id=b')
    expect(await subscribe('feed?id=c', 'room?id=0')).toMatchObject([
      { status: 'refused', problem: { code: 'unavailable' } },
      { status: 'accepted' },
    ])
    await control({ unsubscribe: 'feed?id=b' }, { unsubscribe: 'feed?id=a' })
    expect(await subscribe('feed?id=c')).toMatchObject([{ status: 'accepted' }])
    expect([...running]).toEqual(['a', 'c'])
    expect(await subscribe('feed?id=d')).toMatchObject([{ status: 'accepted' }])
    expect([...running]).toEqual(['c', 'd'])
    expect(await subscribe('feed?id=a')).toMatchObject([{ status: 'refused' }])
  })

  it('do not take topics from the other connections of a principal', async () => {
    const { url } = await start({ topicsPerPrincipal: 50, subscriptionsPerConnection: 20 })
    const greedy = await connect(url)
    for (let n = 0; n < 10; n += 1) {
      const keys = rooms(20, n * 20)
      await greedy.subscribe(...keys)
      await greedy.control(...keys.map((unsubscribe) => ({ unsubscribe })))
    }
    const results = await (await connect(url)).subscribe(...rooms(20, 1_000))
    expect(results.map(({ status }) => status)).toEqual(Array(20).fill('accepted'))
  })

  it('hold for a client that reconnects again and again', async () => {
    const { url } = await start({ topicsPerPrincipal: 50, subscriptionsPerConnection: 50 })
    let accepted = 0
    for (let n = 0; n < 10; n += 1) {
      const { stream, control, subscribe } = await connect(url)
      const keys = rooms(50, n * 50)
      for (const { status } of await subscribe(...keys)) if (status === 'accepted') accepted += 1
      await control(...keys.map((unsubscribe) => ({ unsubscribe })))
      stream.leave()
    }
    // Twice fifty at once, and five a second while the test ran.
    expect(accepted).toBeGreaterThanOrEqual(100)
    expect(accepted).toBeLessThan(200)
  })

  it.each(['topics', 'topicsPerAddress', 'topicsPerPrincipal', 'sources'] as const)(
    'have a %s of 1 or more',
    (name) => {
      expect(() => createServer(contract, { limits: { [name]: 0 } }, {})).toThrow(
        `limits.${name} is 0. Give a number of 1 or more`,
      )
    },
  )
})
