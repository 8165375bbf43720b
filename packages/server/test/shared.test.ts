import type { ControlOperation } from '@tidings/core/wire'
import { pause, until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer, type ServerOptions } from '../src/index.js'
import { contract } from './contract.js'
import { mount, type OpenStream, open, openShared, post } from './harness.js'

interface Caller {
  readonly user: string
  readonly expiresAt: number | undefined
}

/** Who `x-user: ada;1234` is: ada, until 1234. */
function callerOf(header: string | null): Caller {
  const [user = '', expiresAt] = (header ?? '').split(';')
  return { user, expiresAt: expiresAt === undefined ? undefined : Number(expiresAt) }
}

async function start(options: ServerOptions<Caller> = {}, snapshot = async () => ({ messages: ['old'] })) {
  const errors: unknown[] = []
  const banned = new Set<string>()
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => callerOf(headers.get('x-user')),
      principal: ({ user }) => user,
      onError: (error) => errors.push(error),
      ...options,
    },
    {
      room: {
        snapshot,
        authorize: ({ params, context }) => params.roomId !== 'staff' || !banned.has(context.user),
      },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  return { tidings, url, errors, banned }
}

const json = (text: string | undefined) => JSON.parse(text ?? 'null')

/** Opens a shared connection of a user, and gives what controls it. */
async function connect(url: string, user = 'ada') {
  const { stream, first, id, control } = await openShared(url, { 'x-user': user })
  return {
    stream,
    first,
    id,
    control: (operations: ControlOperation[], as = user) => control(operations, { 'x-user': as }),
  }
}

/** All events but the heartbeats, each as its name, id and data. */
function eventsOf(stream: OpenStream) {
  return stream.events
    .filter(({ event }) => event !== '$heartbeat')
    .map(({ event, id, data }) => [event, id, json(data)])
}

describe('a shared connection', () => {
  it('announces its unguessable id and its heartbeat interval', async () => {
    const { url } = await start({ heartbeatMs: 40, retryMs: 1_000 })
    const { stream, id, first } = await connect(url)
    const other = await connect(url)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
    expect(first?.event).toBe('$open')
    const contract = expect.stringMatching(/^\S{16,}$/)
    expect(json(first?.data)).toEqual({ heartbeatMs: 40, retryMs: expect.any(Number), id, contract })
    expect(stream.text()).toMatch(new RegExp(`^retry: ${json(first?.data).retryMs}\n`))
    // 128 bits.
    expect(Buffer.from(id.split('.').at(-1) ?? '', 'base64url')).toHaveLength(16)
    expect(other.id).not.toBe(id)
    await until(
      () => stream.events.filter(({ event }) => event === '$heartbeat').length > 1,
      'it had shown that it is alive',
    )
  })

  it("carries requested topics with the frames of a topic's own connection", async () => {
    const { tidings, url } = await start()
    const plain = await open(`${url}/ticks`)
    const { stream, control } = await connect(url)
    await plain.count(1)
    const { results, status } = await control([{ subscribe: 'ticks' }, { subscribe: 'room?roomId=a' }])
    expect(status).toBe(200)
    expect(results).toEqual([
      { status: 'accepted', epoch: expect.any(String), cursor: expect.any(String) },
      { status: 'accepted', epoch: expect.any(String) },
    ])
    await stream.count(4)
    await tidings.emit.ticks().tick(1)
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await tidings.emit.ticks().tick(2)
    await stream.count(7)
    await plain.count(3)
    const [ticks, room] = results.map((result) => ('epoch' in result ? result.epoch : ''))
    // In the order in which a topic's events were emitted; those of one turn come together.
    expect(eventsOf(stream).slice(1)).toEqual([
      ['$subscribed', `${ticks}.0`, { topic: 'ticks', epoch: ticks, cursor: `${ticks}.0` }],
      ['$subscribed', undefined, { topic: 'room?roomId=a', epoch: room }],
      ['$snapshot', `${room}.0`, { messages: ['old'] }],
      ['tick', `${ticks}.1`, 1],
      ['tick', `${ticks}.2`, 2],
      ['typing', `${room}.1`, 'ada'],
    ])
    const frames = plain
      .text()
      .split('\n\n')
      .filter((frame) => frame.includes('event: tick'))
    for (const frame of frames) expect(stream.text()).toContain(`${frame}\n\n`)
    expect(tidings.stats()).toMatchObject({ connections: 2, subscriptions: 3 })
  })

  it('responds to each subscription separately', async () => {
    const { tidings, url, banned } = await start()
    banned.add('ada')
    const { stream, control } = await connect(url)
    const { status, results } = await control([
      { subscribe: 'room?roomId=staff' },
      { subscribe: 'nothing' },
      { subscribe: 'send' },
      { subscribe: 'room' },
      { subscribe: 'room?roomId=staff', cursor: 'x.1' },
      { snapshot: 'room?roomId=b' },
      { unsubscribe: 'room?roomId=never' },
      { subscribe: 'ticks', cursor: 'nonsense' },
      { subscribe: 'room?roomId=a', cursor: 'other.7' },
    ])
    expect(status).toBe(200)
    const codes = results.map((result) =>
      result.status === 'refused' ? result.problem.code : 'reason' in result ? result.reason : result.status,
    )
    expect(codes.slice(1)).toEqual([
      'not_found',
      'not_found',
      'invalid_input',
      'forbidden',
      'bad_request',
      'done',
      'invalid',
      'history_lost',
    ])
    await stream.count(6)
    expect(tidings.stats().subscriptions).toBe(2)
    const gaps = eventsOf(stream).filter(([event]) => event === '$gap')
    expect(gaps.map(([, , data]) => data)).toEqual([
      { reason: 'invalid', cursor: expect.any(String), topic: 'ticks' },
      { reason: 'history_lost', cursor: expect.any(String), topic: 'room?roomId=a' },
    ])
  })

  it('resumes from a cursor, and restarts a topic on request', async () => {
    const { tidings, url } = await start()
    const { stream, control } = await connect(url)
    await control([{ subscribe: 'ticks' }])
    for (const n of [1, 2, 3]) await tidings.emit.ticks().tick(n)
    await stream.count(5)
    const cursor = stream.events[2]?.id ?? ''
    const { results } = await control([{ subscribe: 'ticks', cursor }])
    expect(results).toEqual([{ status: 'accepted', epoch: cursor.split('.')[0], cursor }])
    await stream.count(8)
    await tidings.emit.ticks().tick(4)
    await stream.count(9)
    const ticks = eventsOf(stream).flatMap(([event, , data]) => (event === 'tick' ? [data] : []))
    expect(ticks).toEqual([1, 2, 3, 2, 3, 4])
    expect(tidings.stats().subscriptions).toBe(1)

    const other = await connect(url)
    await other.control([{ subscribe: 'ticks', cursor }])
    await other.stream.count(5)
    expect(eventsOf(other.stream).map(([, , data]) => data)).toEqual([
      expect.anything(),
      { topic: 'ticks', epoch: cursor.split('.')[0], cursor },
      2,
      3,
      4,
    ])
  })

  it('releases a topic on unsubscribe', async () => {
    const { tidings, url } = await start()
    const { stream, control } = await connect(url)
    await control([{ subscribe: 'ticks' }, { subscribe: 'room?roomId=a' }])
    await stream.count(4)
    await control([{ unsubscribe: 'ticks' }])
    await tidings.emit.ticks().tick(1)
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await stream.count(5)
    expect(stream.events.some(({ event }) => event === 'tick')).toBe(false)
    expect(tidings.stats().subscriptions).toBe(1)
    stream.leave()
    await until(() => tidings.stats().subscriptions === 0, 'all was let go of')
  })

  it('sends a requested snapshot between events, without delaying others', async () => {
    const loads: ((state: { messages: string[] }) => void)[] = []
    const { tidings, url } = await start({}, () => new Promise((resolve) => loads.push(resolve)))
    const { stream, control } = await connect(url)
    await control([{ subscribe: 'room?roomId=a' }])
    loads.shift()?.({ messages: [] })
    await stream.count(3)
    const emit = tidings.emit.room({ roomId: 'a' })
    await emit.typing('1')
    await stream.count(4)
    await control([{ snapshot: 'room?roomId=a' }])
    await emit.typing('2')
    await stream.count(5)
    loads.shift()?.({ messages: ['1'] })
    await stream.count(6)
    await emit.typing('3')
    await stream.count(7)
    const seen = eventsOf(stream).map(([event, id, data]) => [event, String(id).split('.')[1], data])
    expect(seen.slice(2)).toEqual([
      ['$snapshot', '0', { messages: [] }],
      ['typing', '1', '1'],
      ['typing', '2', '2'],
      // It stands for the position at which it was asked for.
      ['$snapshot', '1', { messages: ['1'] }],
      ['typing', '3', '3'],
    ])
  })

  it('continues when one topic fails, and names that topic', async () => {
    let fails = true
    const { tidings, url, errors } = await start({}, async () => {
      if (fails) throw new Error('no database')
      return { messages: [] }
    })
    const { stream, control } = await connect(url)
    await control([{ subscribe: 'room?roomId=a' }, { subscribe: 'ticks' }])
    await stream.count(3)
    await tidings.emit.ticks().tick(1)
    await stream.count(4)
    const failure = eventsOf(stream).find(([event]) => event === '$error')
    expect(failure?.[2]).toMatchObject({ code: 'internal', topic: 'room?roomId=a' })
    expect(errors).toEqual([new Error('no database')])
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 1 })

    // Where it is only the snapshot asked for later that fails, the topic goes on.
    fails = false
    await control([{ subscribe: 'room?roomId=a' }])
    await stream.count(6)
    fails = true
    await control([{ snapshot: 'room?roomId=a' }])
    await stream.count(7)
    expect(eventsOf(stream)[6]?.[2]).toMatchObject({ topic: 'room?roomId=a', snapshot: true })
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await stream.count(8)
    expect(eventsOf(stream)[7]?.[2]).toBe('ada')
  })

  it('refuses only the topic beyond its limit', async () => {
    const { tidings, url } = await start({ limits: { subscriptionsPerConnection: 3 } })
    const { stream, control } = await connect(url)
    const rooms = (from: number, to: number): ControlOperation[] =>
      Array.from({ length: to - from }, (_, n) => ({ subscribe: `room?roomId=${from + n}` }))
    const { results } = await control(rooms(0, 4))
    expect(results.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted', 'refused'])
    expect(results[3]).toMatchObject({ problem: { code: 'too_many_requests', retryAfterMs: 2_000 } })
    await control([{ unsubscribe: 'room?roomId=0' }])
    expect((await control(rooms(3, 4))).results).toMatchObject([{ status: 'accepted' }])
    expect(tidings.stats().subscriptions).toBe(3)
    stream.leave()
  })

  it('limits a client that subscribes and unsubscribes in a loop', async () => {
    const { tidings, url } = await start({ limits: { subscriptionsPerConnection: 20 } })
    const { control } = await connect(url)
    let accepted = 0
    for (let n = 0; n < 100; n += 1) {
      const topic = `room?roomId=${n}`
      const { results } = await control([{ subscribe: topic }])
      if (results[0]?.status === 'accepted') accepted += 1
      else expect(results[0]).toMatchObject({ problem: { code: 'too_many_requests' } })
      await control([{ unsubscribe: topic }])
    }
    // Twice as many at once, and two a second while the test ran.
    expect(accepted).toBeGreaterThanOrEqual(40)
    expect(accepted).toBeLessThan(80)
    expect(tidings.stats()).toMatchObject({ subscriptions: 0, topics: 0 })
  })
})

describe('a control request', () => {
  it("must come from the connection's principal, with its id", async () => {
    const { url, tidings } = await start()
    const { control, id } = await connect(url, 'ada')
    const operations = [{ subscribe: 'ticks' }]
    const eve = await post(`${url}/$connections/${id}`, { operations }, { 'x-user': 'eve' })
    expect(eve).toMatchObject({ status: 410, body: { code: 'gone' } })
    const guess = await post(`${url}/$connections/${id.slice(1)}x`, { operations }, { 'x-user': 'ada' })
    expect(guess.body).toEqual(eve.body)
    expect(tidings.stats().subscriptions).toBe(0)
    expect((await control(operations)).results).toMatchObject([{ status: 'accepted' }])
  })

  it('is sent back by an echo, with the names of the headers that arrived', async () => {
    const { url } = await start()
    const { stream, id } = await connect(url)
    const operations = [{ echo: 'one', headers: ['Last-Event-ID', 'x-user', 'x-lost'] }, { echo: 'two' }]
    const headers = { 'x-user': 'ada', 'last-event-id': 'doctor.1' }
    const { body } = await post(`${url}/$connections/${id}`, { operations }, headers)
    expect(body).toEqual({
      results: [{ status: 'done', headers: ['Last-Event-ID', 'x-user'] }, { status: 'done' }],
    })
    const events = await stream.count(3)
    expect(events.slice(1).map(({ event, data }) => [event, data])).toEqual([
      ['$echo', '"one"'],
      ['$echo', '"two"'],
    ])
  })

  it('is authorised by its own credentials', async () => {
    const { url, banned } = await start({ principal: () => 'everyone' })
    banned.add('eve')
    const { control } = await connect(url, 'eve')
    const operations = [{ subscribe: 'room?roomId=staff' }]
    expect((await control(operations, 'eve')).results).toMatchObject([{ status: 'refused' }])
    expect((await control(operations, 'ada')).results).toMatchObject([{ status: 'accepted' }])
  })

  it.each([
    ['no JSON', '{', 400, 'bad_request'],
    ['no operations', {}, 400, 'invalid_input'],
    [
      'an operation that is none',
      { operations: [{ subscribe: 'a', unsubscribe: 'a' }] },
      400,
      'invalid_input',
    ],
    ['a topic that is no text', { operations: [{ subscribe: 1 }] }, 400, 'invalid_input'],
    ['far too many', { operations: Array(1_001).fill({ subscribe: 'ticks' }) }, 400, 'bad_request'],
  ])('who sends %s is told what is wrong', async (_what, body, status, code) => {
    const { url } = await start()
    const { id } = await connect(url)
    const answer = await post(`${url}/$connections/${id}`, body, { 'x-user': 'ada' })
    expect(answer).toMatchObject({ status, body: { code } })
  })

  it('may hold a limited number of operations, whatever their results', async () => {
    const { url, tidings } = await start()
    const { id } = await connect(url)
    const send = (operations: ControlOperation[]) =>
      post(`${url}/$connections/${id}`, { operations }, { 'x-user': 'ada' })
    // What leaves a topic that was not subscribed to, and what is refused.
    const operations = Array.from({ length: 1_000 }, (_, n) =>
      n % 2 === 0 ? { unsubscribe: 'ticks' } : { subscribe: `nothing${n}` },
    )
    let count = 0
    let refused: Awaited<ReturnType<typeof send>> | undefined
    while (count < 200 && !refused) {
      const answer = await send(operations)
      if (answer.status === 200) count += 1
      else refused = answer
    }
    // Nineteen at once, and one each second while the test ran.
    expect(count).toBeGreaterThanOrEqual(19)
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
    expect(refused?.headers.has('retry-after')).toBe(true)
    expect(tidings.stats().connections).toBe(1)
  })

  it('is ignored when it arrives after a newer one', async () => {
    const { url, tidings } = await start()
    const { id } = await connect(url)
    const send = (sequence: number, operation: ControlOperation) =>
      post(`${url}/$connections/${id}`, { sequence, operations: [operation] }, { 'x-user': 'ada' })
    expect((await send(2, { subscribe: 'ticks' })).status).toBe(200)
    const late = await send(1, { unsubscribe: 'ticks' })
    expect(late).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(tidings.stats().subscriptions).toBe(1)
    expect((await send(3, { unsubscribe: 'ticks' })).status).toBe(200)
    expect(tidings.stats().subscriptions).toBe(0)
  })

  it('cannot be sent by a form', async () => {
    const { url } = await start()
    const { id } = await connect(url)
    const body = JSON.stringify({ operations: [] })
    const answer = await post(`${url}/$connections/${id}`, body, { 'content-type': 'text/plain' })
    expect(answer).toMatchObject({ status: 415 })
  })
})

describe('the credentials of a connection', () => {
  it('are renewed after a challenge before they expire, without interruption', async () => {
    const { url, tidings } = await start()
    const { stream, control } = await connect(url, `ada;${Date.now() + 600}`)
    await control([{ subscribe: 'ticks' }], `ada;${Date.now() + 600}`)
    await until(
      () => stream.events.some(({ event }) => event === '$reauthorize'),
      'the client was asked to prove itself',
    )
    expect(stream.isOver()).toBe(false)
    const asked = stream.events.find(({ event }) => event === '$reauthorize')
    expect(json(asked?.data).withinMs).toBeGreaterThan(0)
    await control([], 'ada')
    await pause(700)
    await tidings.emit.ticks().tick(1)
    await until(() => stream.events.some(({ event }) => event === 'tick'), 'it went on')
    expect(stream.isOver()).toBe(false)
  })

  it('end the connection with a problem when they expire', async () => {
    const { url } = await start()
    const { stream } = await connect(url, `ada;${Date.now() + 300}`)
    await until(stream.isOver, 'it had ended')
    const last = stream.events.at(-1)
    expect(last?.event).toBe('$error')
    expect(json(last?.data)).toMatchObject({ status: 401, code: 'unauthorized' })
    const late = await open(url, { headers: { 'x-user': `ada;${Date.now() - 1}` } })
    expect(late.response.status).toBe(401)
  })

  it("ends a single topic's own connection when it expires", async () => {
    const { url } = await start({ heartbeatMs: 40 })
    const stream = await open(`${url}/ticks`, { headers: { 'x-user': `ada;${Date.now() + 300}` } })
    await until(stream.isOver, 'it had ended')
    expect(stream.events.map(({ event }) => event)).toEqual(['$open'])
  })

  it('must expire at a valid time', async () => {
    const { url, errors } = await start({ context: () => ({ user: 'ada', expiresAt: 'soon' as never }) })
    expect((await open(url)).response.status).toBe(500)
    expect(String(errors[0])).toContain('an expiresAt that is not a time: soon. Give a Date or milliseconds')
  })
})

it('hooks receive the topics that a connection carries', async () => {
  const seen: unknown[] = []
  const { url } = await start({
    history: { size: 0 },
    hooks: {
      connected: ({ kind, topics }) => seen.push(['connected', kind, topics]),
      gap: ({ kind, topic, topics }) => seen.push(['gap', kind, topic, topics]),
      disconnected: ({ kind, topics }) => seen.push(['disconnected', kind, [...topics].sort()]),
    },
  })
  const { stream, control } = await connect(url)
  await control([{ subscribe: 'room?roomId=a' }])
  await control([{ subscribe: 'ticks', cursor: 'lost.1' }])
  stream.leave()
  await until(() => seen.length === 3, 'the connection had ended')
  expect(seen).toEqual([
    ['connected', 'shared', []],
    ['gap', 'shared', 'ticks', expect.arrayContaining(['room?roomId=a', 'ticks'])],
    ['disconnected', 'shared', ['room?roomId=a', 'ticks']],
  ])
})

describe('revocation', () => {
  it('disconnects the connections a predicate selects', async () => {
    const { url, tidings } = await start()
    const [ada, eve] = [await connect(url, 'ada'), await connect(url, 'eve')]
    await eve.control([{ subscribe: 'ticks' }])
    const seen: unknown[] = []
    const count = tidings.disconnect((connection) => {
      seen.push(connection)
      return connection.principal === 'eve'
    })
    expect(count).toBe(1)
    expect(seen).toContainEqual({ kind: 'shared', principal: 'eve', address: '127.0.0.1', topics: ['ticks'] })
    await until(eve.stream.isOver, 'eve was disconnected')
    expect(json(eve.stream.events.at(-1)?.data)).toMatchObject({ code: 'unauthorized' })
    expect(ada.stream.isOver()).toBe(false)
  })

  it('challenges clients, and ends only the topics that are no longer allowed', async () => {
    const { url, tidings, banned } = await start()
    const { stream, control } = await connect(url)
    const plain = await open(`${url}/ticks`, { headers: { 'x-user': 'ada' } })
    await control([{ subscribe: 'room?roomId=staff' }, { subscribe: 'ticks' }])
    await stream.count(4)
    banned.add('ada')
    expect(tidings.reauthorize(({ principal }) => principal === 'ada')).toBe(2)
    await until(plain.isOver, 'the plain connection had ended')
    await stream.count(5)
    expect(stream.events[4]?.event).toBe('$reauthorize')
    await control([])
    await stream.count(6)
    expect(json(stream.events[5]?.data)).toMatchObject({ code: 'forbidden', topic: 'room?roomId=staff' })
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 1 })
  })
})
