import { pause, until } from '@tidings/test-kit'
import { EventSource } from 'eventsource'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer, type HistoryOptions } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open } from './harness.js'

const handlers = {
  room: { snapshot: () => ({ messages: [] as string[] }) },
  send: () => ({ text: '', sentAt: new Date(0) }),
  admin: { ping: () => {}, count: async () => ({ total: 0 }) },
}

async function start(options: { history?: HistoryOptions; heartbeatMs?: number } = {}) {
  const tidings = createServer(contract, options, handlers)
  onTestFinished(() => tidings.close())
  return { tidings, url: await mount(expressHandler(tidings)) }
}

/** The sequence numbers of the events that came. */
const seqs = (events: readonly { id?: string | undefined }[]) =>
  events.map(({ id }) => Number(id?.split('.')[1]))

describe('a plain topic', () => {
  it('is standard Server-Sent Events', async () => {
    const { tidings, url } = await start()
    const stream = await open(`${url}/ticks`)
    expect(stream.response.status).toBe(200)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
    expect(stream.response.headers.get('cache-control')).toBe('private, no-cache, no-transform')
    expect(stream.response.headers.get('x-accel-buffering')).toBe('no')
    await tidings.emit.ticks().tick(7)
    await stream.count(2)
    expect(stream.text()).toMatch(
      /^id: [\w-]+\.0\nretry: \d+\nevent: \$open\ndata: {"heartbeatMs":15000,"retryMs":\d+}\n\nid: [\w-]+\.1\nevent: tick\ndata: 7\n\n$/,
    )
  })

  it('reaches its subscribers alone', async () => {
    const { tidings, url } = await start()
    const [lobby, kitchen] = await Promise.all([
      open(`${url}/room?roomId=lobby`),
      open(`${url}/room?roomId=kitchen`),
    ])
    await Promise.all([lobby.count(2), kitchen.count(2)])
    await tidings.emit.room({ roomId: 'lobby' }).typing('ada')
    await tidings.emit.room({ roomId: 'kitchen' }).typing('bob')
    expect((await lobby.count(3)).map((event) => event.data)).toContain('"ada"')
    expect((await kitchen.count(3)).map((event) => event.data)).toContain('"bob"')
    expect(lobby.events).toHaveLength(3)
  })

  it('delivers all of 500 events of one turn, beyond the size of the history', async () => {
    const { tidings, url } = await start({ history: { size: 10 } })
    const stream = await open(`${url}/ticks`)
    await stream.count(1)
    for (let n = 1; n <= 500; n += 1) void tidings.emit.ticks().tick(n)
    const [, ...ticks] = await stream.count(501)
    expect(ticks.map((event) => Number(event.data))).toEqual(Array.from({ length: 500 }, (_, n) => n + 1))
    expect(seqs(ticks)).toEqual(Array.from({ length: 500 }, (_, n) => n + 1))
  })

  it('sends heartbeats only while it is idle', async () => {
    const { url } = await start({ heartbeatMs: 20 })
    const stream = await open(`${url}/ticks`)
    await until(() => stream.text().endsWith(':\n\n:\n\n'), 'two heartbeats had come')
    expect(stream.events).toHaveLength(1)
  })

  it.each(['/ticks', '/ticks/', '/ticks?utm=1'])('is found at %s', async (path) => {
    const { url } = await start()
    const stream = await open(`${url}${path}`)
    expect(stream.response.status).toBe(200)
  })
})

describe('an invalid emit', () => {
  it('throws with issues, and reaches no subscriber', async () => {
    const { tidings, url } = await start()
    const stream = await open(`${url}/ticks`)
    await stream.count(1)
    expect(() => tidings.emit.ticks().tick('seven' as never)).toThrow(
      expect.objectContaining({ code: 'invalid_output', issues: [expect.objectContaining({ path: [] })] }),
    )
    await tidings.emit.ticks().tick(8)
    expect((await stream.count(2))[1]).toMatchObject({ event: 'tick', data: '8' })
  })

  it('throws for invalid params', async () => {
    const { tidings } = await start()
    expect(() => tidings.emit.room({ roomId: '' })).toThrow(
      /the params of room did not fit the schema: at roomId/,
    )
  })

  it('sends no key that the schema does not know', async () => {
    const { tidings, url } = await start()
    const stream = await open(`${url}/room?roomId=lobby`)
    await stream.count(2)
    const message = { text: 'hi', sentAt: new Date(0), password: 'hunter2' }
    await tidings.emit.room({ roomId: 'lobby' }).message(message)
    expect((await stream.count(3))[2]?.data).toBe('{"text":"hi","sentAt":"1970-01-01T00:00:00.000Z"}')
  })
})

describe('resuming', () => {
  it.each([
    [
      'the Last-Event-ID header',
      (url: string, id: string) => open(url, { headers: { 'last-event-id': id } }),
    ],
    ['the lastEventId parameter', (url: string, id: string) => open(`${url}?lastEventId=${id}`)],
  ])('goes on with exactly the missed events: %s', async (_how, resume) => {
    const { tidings, url } = await start()
    const before = await open(`${url}/ticks`)
    for (let n = 1; n <= 5; n += 1) await tidings.emit.ticks().tick(n)
    const [, , second] = await before.count(6)
    before.leave()
    const after = await resume(`${url}/ticks`, String(second?.id))
    await tidings.emit.ticks().tick(6)
    const [opened, ...missed] = await after.count(5)
    expect(opened).toMatchObject({ event: '$open', id: second?.id })
    expect(missed.map((event) => event.data)).toEqual(['3', '4', '5', '6'])
  })

  it('sends neither events nor a snapshot when the client missed none', async () => {
    const { tidings, url } = await start()
    const room = `${url}/room?roomId=lobby`
    const before = await open(room)
    await tidings.emit.room({ roomId: 'lobby' }).typing('ada')
    const last = (await before.count(3)).at(-1)?.id
    before.leave()
    const after = await open(room, { headers: { 'last-event-id': String(last) } })
    await tidings.emit.room({ roomId: 'lobby' }).typing('bob')
    expect((await after.count(2)).map((event) => event.event)).toEqual(['$open', 'typing'])
    expect(after.events).toHaveLength(2)
  })

  it.each([
    ['malformed', () => 'yesterday', 'invalid'],
    ['from the future', (epoch: string) => `${epoch}.99`, 'invalid'],
    ['of another epoch', () => 'elsewhere.1', 'history_lost'],
    ['older than the history', (epoch: string) => `${epoch}.1`, 'expired'],
  ])(
    'announces a gap for a cursor that is %s, and goes on from the head',
    async (_what, cursorOf, reason) => {
      const { tidings, url } = await start({ history: { size: 2 } })
      const first = await open(`${url}/ticks`)
      for (let n = 1; n <= 5; n += 1) await tidings.emit.ticks().tick(n)
      const epoch = String((await first.count(6))[0]?.id).split('.')[0] ?? ''
      const stream = await open(`${url}/ticks`, { headers: { 'last-event-id': cursorOf(epoch) } })
      await tidings.emit.ticks().tick(6)
      const [opened, gap, next] = await stream.count(3)
      expect(opened).toMatchObject({ event: '$open', id: undefined })
      expect(gap).toMatchObject({
        event: '$gap',
        id: `${epoch}.5`,
        data: `{"reason":"${reason}","cursor":"${epoch}.5"}`,
      })
      expect(next).toMatchObject({ event: 'tick', data: '6', id: `${epoch}.6` })
    },
  )

  it('follows a gap with a snapshot where the channel has one; only the snapshot carries the position', async () => {
    const { url } = await start()
    const stream = await open(`${url}/room?roomId=lobby`, { headers: { 'last-event-id': 'lost.3' } })
    const [opened, gap, snapshot] = await stream.count(3)
    expect(opened).toMatchObject({ event: '$open', id: undefined })
    expect(gap).toMatchObject({ event: '$gap', id: undefined })
    expect(snapshot).toMatchObject({ event: '$snapshot', data: '{"messages":[]}' })
    expect(snapshot?.id).toMatch(/^[\w-]+\.0$/)
  })

  it("forgets events beyond the history's age", async () => {
    const { tidings, url } = await start({ history: { ms: 30 } })
    const stream = await open(`${url}/ticks`)
    await tidings.emit.ticks().tick(1)
    const [opened] = await stream.count(2)
    await pause(40)
    await tidings.emit.ticks().tick(2)
    await stream.count(3)
    const late = await open(`${url}/ticks`, { headers: { 'last-event-id': String(opened?.id) } })
    expect((await late.count(2))[1]).toMatchObject({
      event: '$gap',
      data: expect.stringContaining('expired'),
    })
  })

  it('works for an EventSource that reconnects by itself', async () => {
    const { tidings, url } = await start()
    const source = new EventSource(`${url}/ticks`)
    onTestFinished(() => source.close())
    const got: number[] = []
    source.addEventListener('tick', (event) => got.push(Number(event.data)))
    let opened = 0
    source.addEventListener('$open', () => {
      opened += 1
    })
    await until(() => opened === 1, 'the EventSource was open')
    await tidings.emit.ticks().tick(1)
    await until(() => got.length === 1, 'the first tick had come')
    expect(got).toEqual([1])
  })
})

describe('a snapshot', () => {
  function server(snapshot: () => Promise<{ messages: string[] }>) {
    const errors: unknown[] = []
    const onError = (error: unknown) => errors.push(error)
    const tidings = createServer(contract, { onError }, { ...handlers, room: { snapshot } })
    onTestFinished(() => tidings.close())
    return { tidings, errors }
  }

  it('comes before the events that were emitted while it was loading, and those come after it', async () => {
    const loads: ((state: { messages: string[] }) => void)[] = []
    const { tidings } = server(() => new Promise((resolve) => loads.push(resolve)))
    const url = `${await mount(expressHandler(tidings))}/room?roomId=lobby`
    const stream = await open(url)
    await until(() => loads.length === 1, 'the snapshot was asked for')
    await tidings.emit.room({ roomId: 'lobby' }).typing('meanwhile')
    loads[0]?.({ messages: ['old'] })
    await tidings.emit.room({ roomId: 'lobby' }).typing('afterwards')
    const events = await stream.count(4)
    expect(events.map((event) => event.data)).toEqual([
      expect.stringContaining('"heartbeatMs":15000'),
      '{"messages":["old"]}',
      '"meanwhile"',
      '"afterwards"',
    ])
    expect(seqs(events.slice(1))).toEqual([0, 1, 2])
  })

  it('is followed by all events emitted while it loaded, even beyond the size of the log', async () => {
    let load: (state: { messages: string[] }) => void = () => {}
    const tidings = createServer(
      contract,
      { history: { size: 2 } },
      {
        ...handlers,
        room: {
          snapshot: () =>
            new Promise((resolve) => {
              load = resolve
            }),
        },
      },
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const url = `${await mount(expressHandler(tidings))}/room?roomId=lobby`
    const streams = await Promise.all([open(url), open(url)])
    await Promise.all(streams.map((stream) => stream.count(1)))
    const total = 1_000
    for (let n = 1; n <= total; n += 1) {
      await tidings.emit.room({ roomId: 'lobby' }).typing(`${n} ${'x'.repeat(500)}`)
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    // Longer than what a socket takes without saying that it is full.
    load({ messages: ['x'.repeat(100_000)] })
    for (const stream of streams) {
      const events = await stream.count(total + 2)
      expect(events[1]?.event).toBe('$snapshot')
      expect(seqs(events.slice(1))).toEqual(Array.from({ length: total + 1 }, (_, n) => n))
    }
    expect(tidings.stats()).toMatchObject({ gaps: 0, deliveries: 2 * total })
    // And then the log goes back to its bounds.
    await tidings.emit.room({ roomId: 'lobby' }).typing('last')
    const late = await open(url, { headers: { 'last-event-id': String(streams[0]?.events[500]?.id) } })
    expect((await late.count(2))[1]?.data).toContain('expired')
    load({ messages: [] })
  })

  it('is loaded once for all that subscribe while it loads', async () => {
    const loads: ((state: { messages: string[] }) => void)[] = []
    const { tidings } = server(() => new Promise((resolve) => loads.push(resolve)))
    const url = `${await mount(expressHandler(tidings))}/room?roomId=lobby`
    const streams = await Promise.all([open(url), open(url), open(url)])
    await until(() => tidings.stats().subscriptions === 3, 'all three had subscribed')
    expect(loads).toHaveLength(1)
    loads[0]?.({ messages: ['one'] })
    for (const stream of streams) expect((await stream.count(2))[1]?.data).toBe('{"messages":["one"]}')
  })

  it('is followed by all events since it began to load, also for later subscribers', async () => {
    const loads: ((state: { messages: string[] }) => void)[] = []
    const { tidings } = server(() => new Promise((resolve) => loads.push(resolve)))
    const url = `${await mount(expressHandler(tidings))}/room?roomId=lobby`
    const first = await open(url)
    await until(() => loads.length === 1, 'the snapshot was asked for')
    await tidings.emit.room({ roomId: 'lobby' }).typing('between')
    const second = await open(url)
    await until(() => tidings.stats().subscriptions === 2, 'the second had subscribed')
    expect(loads).toHaveLength(1)
    loads[0]?.({ messages: ['old'] })
    for (const stream of [first, second]) {
      const events = await stream.count(3)
      expect(events.slice(1).map((event) => event.data)).toEqual(['{"messages":["old"]}', '"between"'])
    }
  })

  it.each([
    ['throws', () => Promise.reject(new Error('database password wrong'))],
    ['does not fit its schema', () => Promise.resolve({ messages: [1] } as never)],
  ])('that %s ends its subscription with a problem, and nothing else', async (_what, snapshot) => {
    const { tidings, errors } = server(snapshot)
    const url = await mount(expressHandler(tidings))
    const other = await open(`${url}/ticks`)
    const stream = await open(`${url}/room?roomId=lobby`)
    const [, problem] = await stream.count(2)
    expect(problem).toMatchObject({ event: '$error' })
    expect(JSON.parse(String(problem?.data))).toEqual({
      title: 'Internal Server Error',
      status: 500,
      detail: 'The server failed to handle this request',
      code: 'internal',
    })
    await until(stream.isOver, 'the stream was over')
    expect(errors).toHaveLength(1)
    await tidings.emit.ticks().tick(1)
    await other.count(2)
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 1 })
  })
})
