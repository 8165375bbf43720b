import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect, startServer } from './harness.js'
import { fakeLocks } from './locks.js'
import { scriptedServer } from './scripted-server.js'

/** A server whose command and run each emit to a room before they answer. */
async function echoingServer() {
  const server = await startServer({
    send: async ({ input, emit }) => {
      const message = { text: input.text, sentAt: new Date(0) }
      await emit.room({ roomId: 'a' }).message(message)
      return message
    },
    count: async function* ({ input, emit: _emit }) {
      await server.tidings.emit.room({ roomId: 'a' }).typing('counting')
      yield { type: 'number', data: input.to }
      return { total: input.to }
    },
  })
  return server
}

describe('program order', () => {
  it.each([
    ['a connection of its own', false],
    ['a shared connection', true],
  ])('with %s, a command after a subscription brings its event to it', async (_what, share) => {
    if (share) fakeLocks()
    const { url } = await echoingServer()
    for (let n = 0; n < 10; n += 1) {
      const { client } = connect(url, share ? { share: { as: String(n) } } : {})
      const got: string[] = []
      client.room({ roomId: 'a' }).on('message', ({ text }) => got.push(text))
      await client.send({ text: String(n) })
      await until(() => got.length > 0, 'its own message had come')
      expect(got).toEqual([String(n)])
      client.close()
    }
  })

  it('holds for a loop after its first step, for a state, and for a topic added to an open connection', async () => {
    const { url } = await echoingServer()
    const { client, status } = connect(url)
    client.ticks().on('tick', () => {})
    await until(() => status() === 'open', 'it was open')
    const loop = client.room({ roomId: 'a' }).events()
    const first = loop.next()
    await client.send({ text: 'loop' })
    expect(await first).toMatchObject({ value: { type: 'snapshot' } })
    expect(await loop.next()).toMatchObject({ value: { type: 'message', data: { text: 'loop' } } })
    await loop.return?.()
    client.close()
    const other = connect(url).client
    const folded = other
      .room({ roomId: 'a' })
      .state((texts: string[], { type, data }) => (type === 'message' ? [...texts, data.text] : texts), {
        initial: [],
      })
    folded.subscribe(() => {})
    await other.send({ text: 'state' })
    await until(() => folded.value.length > 0, 'it was folded')
    expect(folded.value).toEqual(['state'])
  })

  it('holds for runs', async () => {
    const { url } = await echoingServer()
    const { client } = connect(url)
    const got: string[] = []
    client.room({ roomId: 'a' }).on('typing', (author) => got.push(author))
    expect(await client.count({ to: 3 }).output).toEqual({ total: 3 })
    await until(() => got.length > 0, 'its event had come')
  })

  it('does not wait for refused or later subscriptions', async () => {
    let admit = (_isAdmitted: boolean) => {}
    const { url, requests } = await startServer({
      room: {
        snapshot: () => ({ messages: [] }),
        authorize: () =>
          new Promise<boolean>((resolve) => {
            admit = resolve
          }),
      },
    })
    const { client } = connect(url)
    client.room({ roomId: 'a' }).on('typing', () => {})
    const sent = () => requests.filter(({ url }) => url.endsWith('/ping')).length
    const ping = client.ping()
    await until(() => requests.some(({ url }) => url.includes('$connections')), 'it had been asked for')
    expect(sent()).toBe(0)
    client.ticks().on('tick', () => {})
    admit(false)
    await ping
    expect(sent()).toBe(1)
  })

  it('sends at once when the connection is down or lost, and the topic then begins with a gap', async () => {
    const server = await scriptedServer()
    const commands: string[] = []
    const { client } = connect(server.origin, {
      reconnect: { minMs: 1, maxMs: 1 },
      fetch: async (input, init) => {
        const { pathname } = new URL(String(input))
        if (pathname !== '/ping') return fetch(input, init)
        commands.push(client.connection.state.status)
        return new Response(null, { status: 204 })
      },
    })
    const got: unknown[] = []
    client.ticks().subscribe({ tick: (n) => got.push(n), gap: (gap) => got.push(gap) })
    const ping = client.ping()
    await server.asked(1)
    expect(commands).toEqual([])
    server.streams.at(-1)?.destroy()
    await ping
    await server.asked(2)
    server.accept('ticks', 'e', 'e.7')
    server.send('tick', 'e.8', 8)
    await until(() => got.length === 2, 'the event had come')
    expect(got).toEqual([{ reason: 'late', cursor: 'e.7' }, 8])
  })

  it("waits at most half of a command's time limit, and no longer than its signal", async () => {
    const server = await scriptedServer()
    const { client } = connect(server.origin, {
      fetch: async (input, init) =>
        String(input).endsWith('/ping') ? new Response(null, { status: 204 }) : fetch(input, init),
    })
    client.ticks().on('tick', () => {})
    await client.ping({ timeoutMs: 60 })
    const abort = new AbortController()
    const left = client.ping({ signal: abort.signal })
    abort.abort()
    await expect(left).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('ready', () => {
  it('resolves when the topic is live, and at once if it already is', async () => {
    const { tidings, url } = await startServer()
    const { client } = connect(url)
    const first = client.ticks().on('tick', () => {})
    await first.ready
    expect(tidings.stats().subscriptions).toBe(1)
    await client.ticks().subscribe({}).ready
    const state = client.ticks().state((count: number) => count + 1, { initial: 0 })
    await state.ready
    await tidings.emit.ticks().tick(1)
    await until(() => state.value === 1, 'the event had come')
  })

  it('rejects when the server refuses the topic', async () => {
    const { url } = await startServer({
      room: { snapshot: () => ({ messages: [] }), authorize: () => false },
    })
    const { client } = connect(url)
    const room = client.room({ roomId: 'a' })
    await expect(room.on('typing', () => {}).ready).rejects.toMatchObject({ code: 'forbidden' })
    await expect(room.state((state) => state).ready).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('rejects when the subscription ends first, and may be ignored', async () => {
    const { url } = await startServer()
    const { client } = connect(url)
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    const stopped = client.ticks().on('tick', () => {})
    stopped()
    const aborted = client.ticks().on('tick', () => {}, { signal: AbortSignal.abort() })
    const closed = client.ticks().on('tick', () => {})
    client.ticks().on('tick', () => {})
    client.close()
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
    await expect(stopped.ready).rejects.toMatchObject({ code: 'aborted' })
    await expect(aborted.ready).rejects.toMatchObject({ code: 'aborted' })
    await expect(closed.ready).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('a connection is open while every topic is live', () => {
  it('is not open while another topic is pending, and keeps one state object meanwhile', async () => {
    const server = await scriptedServer()
    const { client, status } = connect(server.origin)
    const states: string[] = []
    client.connection.on('change', ({ status }) => states.push(status))
    client.ticks().on('tick', () => {})
    await server.asked(1)
    server.accept('ticks', 'e', 'e.1')
    await until(() => status() === 'open', 'it was open')
    client.room({ roomId: 'a' }).on('typing', () => {})
    expect(client.connection.state).toEqual({ status: 'connecting', attempt: 1 })
    expect(client.connection.state).toBe(client.connection.state)
    await server.asked(2)
    server.accept('room?roomId=a', 'r')
    await until(() => status() === 'open', 'it was open again')
    expect(states).toEqual(['connecting', 'open', 'connecting', 'open'])
  })

  it('reports a temporary refusal, and announces a gap when the topic is accepted', async () => {
    let isAllowed = false
    const { tidings, url } = await startServer({
      room: {
        snapshot: () => ({ messages: ['before'] }),
        authorize: () => {
          if (!isAllowed) throw new Error('no database')
          return true
        },
      },
    })
    const { client, errors, status } = connect(url)
    client.ticks().on('tick', () => {})
    const got: unknown[] = []
    const room = client.room({ roomId: 'a' })
    const { ready } = room.subscribe({
      error: ({ code }, about) => got.push({ code, ...about }),
      gap: ({ reason }) => got.push(reason),
      snapshot: ({ messages }) => got.push(messages),
      typing: (author) => got.push(author),
    })
    await until(() => got.length > 2, 'the handler was called')
    expect(got[0]).toEqual({ code: 'internal', isFinal: false })
    expect([status(), errors]).toEqual(['connecting', []])
    isAllowed = true
    await ready
    await until(() => status() === 'open', 'it was open')
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await until(() => got.at(-1) === 'ada', 'the event had come')
    expect(got.slice(-3)).toEqual(['late', ['before'], 'ada'])
  })

  it('reports to onError once when a subscription has no error handler', async () => {
    let refusals = 1
    const { url } = await startServer({
      room: {
        snapshot: () => ({ messages: [] }),
        authorize: () => {
          refusals -= 1
          if (refusals >= 0) throw new Error('no database')
          return true
        },
      },
    })
    const { client, errors, status } = connect(url)
    const heard: string[] = []
    const room = client.room({ roomId: 'a' })
    room.on('typing', () => {})
    room.on('message', () => {})
    room.state((state) => state).on('error', ({ code }) => heard.push(code))
    await until(() => status() === 'open', 'it was open')
    expect(errors).toMatchObject([{ code: 'internal' }])
    expect(heard).toEqual(['internal'])
  })

  it('announces a gap when the connection of a live topic was lost before its first position', async () => {
    const server = await scriptedServer()
    const { client } = connect(server.origin)
    const got: unknown[] = []
    const { ready } = client.room({ roomId: 'a' }).subscribe({
      snapshot: ({ messages }) => got.push(messages),
      gap: (gap) => got.push(gap),
    })
    await server.asked(1)
    server.accept('room?roomId=a', 'r')
    await ready
    server.streams.at(-1)?.destroy()
    await server.asked(2)
    server.accept('room?roomId=a', 'r')
    server.send('$snapshot', 'r.4', { messages: [] })
    await until(() => got.length === 2, 'its state had come')
    expect(got).toEqual([{ reason: 'late', cursor: 'r.4' }, { messages: [] }.messages])
  })
})
