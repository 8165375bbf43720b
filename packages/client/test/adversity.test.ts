import { listen, pause, until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ClientOptions } from '../src/index.js'
import { connect, startServer } from './harness.js'
import { fakeLocks } from './locks.js'
import { scriptedServer } from './scripted-server.js'

const unavailable = { title: '', status: 503, detail: 'no database', code: 'unavailable' }

describe('a headers function that never resolves', () => {
  it('lets a command time out', async () => {
    const { url } = await startServer()
    const { client } = connect(url, { headers: () => new Promise<HeadersInit>(() => {}) })
    await expect(client.send({ text: 'x' }, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' })
  })

  it('is called again for a subscription', async () => {
    const { url } = await startServer()
    let asked = 0
    const { client, status } = connect(url, {
      timeoutMs: 100,
      headers: () => {
        asked += 1
        return asked === 2 ? new Promise<HeadersInit>(() => {}) : {}
      },
    })
    client.ticks().on('tick', () => {})
    await until(() => status() === 'open', 'it was open')
  })
})

describe('a connection', () => {
  it('is not opened by a client that a change listener closed', async () => {
    let requests = 0
    const { origin } = await listen((_request, response) => {
      requests += 1
      response.writeHead(503).end()
    })
    const { client } = connect(origin)
    client.connection.on('change', ({ status }) => {
      if (status === 'connecting') client.close()
    })
    client.ticks().on('tick', () => {})
    await pause(100)
    expect(requests).toBe(0)
  })

  it('becomes open when the last pending topic is refused', async () => {
    const { url } = await startServer({
      room: {
        snapshot: () => ({ messages: [] }),
        authorize: () => pause(50).then(() => false),
      },
    })
    const { client, errors, status } = connect(url)
    client.ticks().on('tick', () => {})
    client.room({ roomId: 'b' }).on('typing', () => {})
    await until(() => errors.length > 0, 'it was refused')
    await until(() => status() === 'open', 'it was open')
  })

  it('reopens with the same headers after its credentials expire, as cookies may still be valid', async () => {
    const server = await scriptedServer()
    const { client, errors } = connect(server.origin)
    const received: number[] = []
    client.ticks().on('tick', (n) => received.push(n))
    await server.asked(1)
    server.send('$error', '', { title: '', status: 401, detail: 'not renewed', code: 'unauthorized' })
    await server.asked(2)
    server.accept('ticks', 'e', 'e.0')
    server.send('tick', 'e.1', 7)
    await until(() => received.length === 1, 'an event came on the new connection')
    expect([server.streams.length, received, errors]).toEqual([2, [7], []])
  })

  it.each([
    { what: 'seconds', header: '31536000' },
    { what: 'a date', header: new Date(Date.now() + 3e10).toUTCString() },
  ])('is not waited for as long as a mistaken Retry-After in $what says', async ({ header }) => {
    const { origin } = await listen((_request, response) => {
      response.writeHead(503, { 'retry-after': header }).end()
    })
    const { client } = connect(origin)
    client.ticks().on('tick', () => {})
    await until(() => client.connection.state.status === 'waiting', 'it waited')
    const { state } = client.connection
    if (state.status !== 'waiting') throw new Error('it does not wait')
    expect(state.retryAt - Date.now()).toBeGreaterThan(3_500_000)
    expect(state.retryAt - Date.now()).toBeLessThan(3_700_000)
  })
})

describe('a control request', () => {
  it('replaces the connection, but loses and repeats no event, when a proxy delivers it twice', async () => {
    const { url, tidings } = await startServer()
    const twice: typeof fetch = async (input, init) => {
      if (init?.method === 'POST' && !isDone) {
        isDone = true
        await (await fetch(input, init)).text()
        await until(() => received.length === 1, 'an event came')
      }
      return fetch(input, init)
    }
    let isDone = false
    const { client, errors, status } = connect(url, { fetch: twice })
    const received: number[] = []
    const problems: string[] = []
    client.connection.on('change', (state) => {
      if (state.status !== 'waiting') return
      problems.push(state.problem.code)
      void tidings.emit.ticks().tick(2)
    })
    client.ticks().on('tick', (n) => received.push(n))
    await until(() => status() === 'open', 'the client was connected')
    await tidings.emit.ticks().tick(1)
    await until(() => received.length === 2, 'the event in between came')
    await until(() => status() === 'open', 'the client was connected again')
    await tidings.emit.ticks().tick(3)
    await until(() => received.length === 3, 'an event came on the new connection')
    expect([received, problems, errors]).toEqual([[1, 2, 3], ['conflict'], []])
  })

  it("stays within the server's size limit for a thousand topics", async () => {
    const { url, tidings } = await startServer({}, { limits: { bodyBytes: 200_000 } })
    const { client, errors, status } = connect(url)
    const follow = (n: number) => client.room({ roomId: String(n).padEnd(60, 'x') }).on('typing', () => {})
    const stops = Array.from({ length: 1_000 }, (_, n) => follow(n))
    await until(() => status() === 'open' && tidings.stats().subscriptions === 1_000, 'all were there')
    for (const stop of stops.slice(1)) stop()
    await until(() => tidings.stats().subscriptions === 1, 'all but one were left')
    expect(errors).toEqual([])
  })
})

describe('a topic that is subscribed to again while the stream lags behind the responses', () => {
  it('continues from the latest request, and skips no event', async () => {
    const server = await scriptedServer()
    // Keeps the connection open while no topic is subscribed to.
    const { client } = connect(server.origin, { lingerMs: 60_000 })
    const received: string[] = []
    const follow = () =>
      client.room({ roomId: 'a' }).subscribe({
        snapshot: () => received.push('snapshot'),
        typing: (who) => received.push(who),
      })
    const topic = 'room?roomId=a'
    for (let n = 0; n < 2; n += 1) {
      const stop = follow()
      await server.asked(2 * n + 1)
      stop()
      await server.asked(2 * n + 2)
    }
    follow()
    await server.asked(5)
    const typing = (n: number) => server.send('typing', `e.${n}`, String(n))
    server.accept(topic, 'e', undefined, 1)
    server.send('$snapshot', 'e.1', { messages: [] })
    typing(2)
    server.accept(topic, 'e', undefined, 3)
    server.send('$snapshot', 'e.2', { messages: [] })
    typing(3)
    server.accept(topic, 'e', undefined, 5)
    server.send('$snapshot', 'e.3', { messages: [] })
    for (let n = 4; n <= 6; n += 1) typing(n)
    await until(() => received.includes('6'), 'the last came')
    expect(received).toEqual(['snapshot', '4', '5', '6'])
    expect(server.operations).toHaveLength(5)
  })

  it('is requested again when the response to an older request arrives late', async () => {
    const { url, tidings } = await startServer()
    const held: (() => void)[] = []
    let isHolding = false
    const holdable: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      if (init?.method === 'POST' && isHolding) await new Promise<void>((resolve) => held.push(resolve))
      return answer
    }
    const { client, status } = connect(url, { fetch: holdable })
    client.ticks().on('tick', () => {})
    const room = client.room({ roomId: 'a' })
    const stop = room.on('typing', () => {})
    await until(() => status() === 'open', 'both topics were there')

    isHolding = true
    stop()
    await until(() => held.length === 1, 'the room was left, and the answer held')
    expect(tidings.stats().subscriptions).toBe(1)
    const received: string[] = []
    room.on('typing', (who) => received.push(who))
    isHolding = false
    held[0]?.()
    await until(() => tidings.stats().subscriptions === 2, 'the room was there')
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await until(() => received.length === 1, 'it came')
  })
})

describe('a snapshot for a late subscriber', () => {
  it("leaves other subscribers and the server's subscription intact when it is refused", async () => {
    const { url, tidings } = await startServer({}, { limits: { subscriptionsPerConnection: 2 } })
    const { client, errors, status } = connect(url)
    const received: string[] = []
    const room = client.room({ roomId: 'a' })
    const stops = [room.subscribe({ snapshot: () => {}, typing: (who) => received.push(who) })]
    await until(() => status() === 'open', 'it was open')
    while (errors.length === 0) {
      stops.push(room.subscribe({ snapshot: () => {} }))
      await pause(20)
    }
    expect(errors[0]).toMatchObject({ code: 'too_many_requests' })
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await until(() => received.length === 1, 'the event came')
    client.ticks().on('tick', () => {})
    for (const stop of stops) stop()
    await until(() => tidings.stats().subscriptions === 1, 'the room was left')
  })

  it('does not keep a topic in backoff from being requested again when it fails', async () => {
    const server = await scriptedServer()
    const { client } = connect(server.origin, { reconnect: { minMs: 100, maxMs: 100 } })
    let snapshots = 0
    const room = client.room({ roomId: 'a' })
    room.subscribe({
      snapshot: () => {
        snapshots += 1
      },
    })
    await server.asked(1)
    server.accept('room?roomId=a', 'e')
    server.send('$snapshot', 'e.1', { messages: [] })
    await until(() => snapshots === 1, 'it began')
    room.subscribe({ snapshot: () => {} })
    await server.asked(2)
    server.send('$error', '', { ...unavailable, topic: 'room?roomId=a' })
    server.send('$error', '', { ...unavailable, topic: 'room?roomId=a', snapshot: true })
    await server.asked(3)
    expect(server.operations[2]).toEqual({ subscribe: 'room?roomId=a', cursor: 'e.1' })
  })
})

it('a command without a time limit waits for its output', async () => {
  const { url } = await startServer({
    send: async ({ input }) => {
      await pause(50)
      return { text: input.text, sentAt: new Date(0) }
    },
  })
  const { client } = connect(url)
  const answer = client.send({ text: 'x' }, { timeoutMs: Number.POSITIVE_INFINITY })
  await expect(answer).resolves.toMatchObject({ text: 'x' })
})

it("a command is sent again with the same key after a gateway's 502", async () => {
  const keys: unknown[] = []
  const { url } = await startServer(
    {},
    {
      before: (request, response) => {
        keys.push(request.headers['idempotency-key'])
        if (keys.length < 3)
          response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
      },
    },
  )
  await expect(connect(url).client.send({ text: 'x' })).resolves.toMatchObject({ text: 'x' })
  expect(keys).toEqual([keys[0], keys[0], keys[0]])
})

describe('tabs that share', () => {
  it('open a connection each when the browser denies locks', async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
    const denied = () => Promise.reject(new DOMException('denied', 'SecurityError'))
    const value = { locks: { request: denied } }
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value })
    onTestFinished(() => {
      if (before) Object.defineProperty(globalThis, 'navigator', before)
    })
    const { url } = await startServer()
    const { client, status } = connect(url, { share: true })
    client.ticks().on('tick', () => {})
    await until(() => status() === 'open', 'it was open')
  })

  it('share no connection with another user', async () => {
    fakeLocks()
    const { url, tidings } = await startServer({
      room: {
        snapshot: () => ({ messages: ['secret'] }),
        authorize: ({ context }) => context === 'ada',
      },
    })
    const as = (user: string) =>
      connect(url, { share: { as: user }, headers: () => ({ authorization: user }) })
    const ada = as('ada')
    ada.client.room({ roomId: 'a' }).on('typing', () => {})
    await until(() => tidings.stats().subscriptions === 1, 'ada was there')
    const eve = as('eve')
    const received: unknown[] = []
    eve.client.room({ roomId: 'a' }).subscribe({ snapshot: (state) => received.push(state) })
    await until(() => eve.errors.length > 0, 'eve was refused')
    expect(received).toEqual([])
  })

  it.each<[string, NonNullable<ClientOptions['share']>, Partial<ClientOptions>, RegExp]>([
    [
      'that send headers',
      true,
      { headers: {} },
      /share\.as is empty\. Identify the user .* \{ as: userId \}/,
    ],
    ['that send cookies elsewhere', true, { credentials: 'include' }, /share\.as is empty\./],
    ['of a user that is not known', { as: undefined as never }, {}, /share\.as is undefined\. Identify/],
    ['of a user without an id', { as: '' }, { headers: {} }, /share\.as is empty\. Identify/],
    ['of a user with a number', { as: 7 as never }, {}, /share\.as is 7\. Identify/],
  ])('must identify their user: %s', (_what, share, options, message) => {
    const create = () => connect('http://localhost/events', { share, ...options })
    expect(create).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringMatching(message) }),
    )
  })

  it.each<Partial<ClientOptions>>([
    { share: { as: 'ada' }, headers: {} },
    { share: { as: 'ada' }, credentials: 'include' },
    { share: true, credentials: 'omit' },
    { share: true },
    { share: false, headers: {}, credentials: 'include' },
  ])('may be given %j', (options) => {
    expect(connect('http://localhost/events', options).status()).toBe('idle')
  })
})
