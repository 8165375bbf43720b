import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ClientOptions } from '../src/index.js'
import { FakeEventSource, fakeEventSources } from './fake-event-source.js'
import { connect, startServer } from './harness.js'
import { fakeLocks } from './locks.js'

/** A client that waits between attempts as it does by default. */
const connectWithBackoff = (url: string, options: Partial<ClientOptions> = {}) =>
  connect(url, { reconnect: {}, ...options })

/** A server that tells who asks by their headers, and makes clients that lost it wait for longer than a test takes. */
const startWithPrincipals = () =>
  startServer({}, { principal: (context) => context ?? undefined, retryMs: 120_000 })

const eventStreams = (
  requests: readonly { method: string; url: string; authorization: string | undefined }[],
) =>
  requests.flatMap(({ method, url, authorization }) =>
    method === 'GET' && url === '/events' ? [authorization] : [],
  )

const gone = () =>
  new Response(JSON.stringify({ title: '', status: 410, detail: 'gone', code: 'gone' }), {
    status: 410,
    headers: { 'content-type': 'application/problem+json' },
  })

describe('a user who signs in on an open page', () => {
  it('gets a new connection at once when the server reports the first as gone', async () => {
    const { tidings, url, requests } = await startWithPrincipals()
    let user = 'ada'
    const { client, status } = connectWithBackoff(url, { headers: () => ({ authorization: user }) })
    const got: number[] = []
    client.ticks().on('tick', (n) => got.push(n))
    await until(() => status() === 'open', 'it was open')
    await tidings.emit.ticks().tick(1)
    user = 'bob'
    client.room({ roomId: 'a' }).on('typing', () => {})
    await until(() => eventStreams(requests).length === 2 && status() === 'open', 'it was open again')
    await tidings.emit.ticks().tick(2)
    await until(() => got.length === 2, 'both had come')
    expect(eventStreams(requests)).toEqual(['ada', 'bob'])
  })

  it('waits with backoff when the next connection is gone as well', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    onTestFinished(() => void vi.restoreAllMocks())
    const { sources, EventSource } = fakeEventSources()
    const { client, status } = connectWithBackoff('http://tidings.test/events', {
      EventSource,
      fetch: async () => gone(),
    })
    client.ticks().on('tick', () => {})
    sources[0]?.dispatch('$open', '{"id":"a","retryMs":60000}')
    await until(() => sources.length === 2, 'it was made again')
    sources[1]?.dispatch('$open', '{"id":"b","retryMs":60000}')
    await until(() => status() === 'waiting', 'it waits')
    const { state } = client.connection
    expect(state.status === 'waiting' && state.retryAt - Date.now()).toBeGreaterThan(50_000)
    expect(sources).toHaveLength(2)
  })
})

describe('reconnect', () => {
  it.each([
    ['a connection of its own', false],
    ['a shared connection', true],
  ])('makes another connection with new headers, and nothing is lost, with %s', async (_what, isShared) => {
    if (isShared) fakeLocks()
    const { tidings, url, requests } = await startWithPrincipals()
    let user = 'ada'
    const options = { headers: () => ({ authorization: user }), ...(isShared && { share: { as: 'all' } }) }
    const holder = connectWithBackoff(url, options)
    const got: unknown[] = []
    holder.client.ticks().subscribe({ tick: (n) => got.push(n), gap: (gap) => got.push(gap) })
    await until(() => holder.status() === 'open', 'it was open')
    const other = isShared ? connectWithBackoff(url, options) : holder
    const { ready } = other.client.ticks().on('tick', (n) => got.push(n))
    await ready
    await tidings.emit.ticks().tick(1)
    await until(() => got.length === 2, 'the first had come')
    user = 'bob'
    other.client.reconnect()
    await tidings.emit.ticks().tick(2)
    await until(() => got.length === 4, 'the second had come')
    await until(() => holder.status() === 'open' && other.status() === 'open', 'both were open')
    expect(got).toEqual([1, 1, 2, 2])
    expect(eventStreams(requests)).toEqual(['ada', 'bob'])
    expect(holder.errors).toEqual([])
  })

  it('happens once for all calls within a second, and again for a later call', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { sources, EventSource } = fakeEventSources()
    const { client } = connectWithBackoff('http://tidings.test/events', { EventSource })
    client.reconnect()
    expect(sources).toHaveLength(0)
    client.ticks().on('tick', () => {})
    // As of a handler that does so whenever the connection is made.
    client.connection.on('change', ({ status }) => {
      if (status === 'connecting') client.reconnect()
    })
    for (let n = 0; n < 5; n += 1) client.reconnect()
    expect(sources).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sources).toHaveLength(3)
    expect(sources.map(({ isClosed }) => isClosed)).toEqual([true, true, false])
    client.reconnect()
    client.close()
    // Twice the second after which it would reconnect again. Other tests of the process may have timers as well.
    await vi.advanceTimersByTimeAsync(2_000)
    expect(sources).toHaveLength(3)
  })
})

describe('the system clock', () => {
  it('does not keep a silent connection unnoticed when it is set back', async () => {
    const { sources, EventSource } = fakeEventSources()
    const { client } = connectWithBackoff('http://tidings.test/events', {
      EventSource,
      reconnect: { minMs: 1, maxMs: 5 },
    })
    client.ticks().on('tick', () => {})
    sources[0]?.dispatch('$open', '{"id":"a","heartbeatMs":50}')
    const now = Date.now
    vi.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000)
    onTestFinished(() => void vi.restoreAllMocks())
    await until(() => sources.length === 2, 'another connection was made')
  })
})

describe('a control request without a response', () => {
  it("is sent again long before the client's time limit, with a longer limit each time", async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const sequences: unknown[] = []
    const sources: FakeEventSource[] = []
    class Opened extends FakeEventSource {
      constructor(url: string) {
        super(url)
        sources.push(this)
      }
    }
    const { client, errors } = connectWithBackoff('http://tidings.test/events', {
      EventSource: Opened,
      fetch: (_url, init) => {
        sequences.push(JSON.parse(String(init?.body)).sequence)
        if (sequences.length > 2) return Promise.resolve(new Response('{"results":[{"status":"done"}]}'))
        return new Promise((_resolve, reject) =>
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
        )
      },
    })
    const { ready } = client.ticks().on('tick', () => {})
    sources[0]?.dispatch('$open', '{"id":"a","heartbeatMs":60000}')
    await vi.advanceTimersByTimeAsync(4_100)
    expect(sequences).toEqual([1, 2])
    await vi.advanceTimersByTimeAsync(4_100)
    expect(sequences).toEqual([1, 2])
    await vi.advanceTimersByTimeAsync(4_100)
    expect(sequences).toEqual([1, 2, 3])
    sources[0]?.dispatch('$subscribed', '{"topic":"ticks","epoch":"e","cursor":"e.1","request":3}')
    await ready
    expect([sources.length, errors]).toEqual([1, []])
  })
})
