import type { ServerResponse } from 'node:http'
import { channel, defineContract, type TidingsError } from '@tidings/core'
import { pause, until } from '@tidings/test-kit'
import { EventSource } from 'eventsource'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { type ClientOptions, type ConnectionState, createClient, type ErrorContext } from '../src/index.js'
import { contract } from './contract.js'
import { connect, startServer } from './harness.js'
import { scriptedServer } from './scripted-server.js'

const lobby = { roomId: 'lobby' }

describe('a subscription', () => {
  it('is handed the snapshot, then events, decoded: a Date is a Date', async () => {
    const { tidings, url } = await startServer({ room: { snapshot: () => ({ messages: ['old'] }) } })
    const { client } = connect(url)
    const got: unknown[] = []
    client.room(lobby).subscribe({
      snapshot: (state) => got.push(state),
      message: ({ text, sentAt }) => got.push([text, sentAt]),
      typing: (author) => got.push(author),
    })
    await until(() => got.length === 1, 'the snapshot had come')
    await tidings.emit.room(lobby).message({ text: 'hi', sentAt: new Date(5) })
    await tidings.emit.room(lobby).typing('ada')
    await until(() => got.length === 3, 'both events had come')
    expect(got).toEqual([{ messages: ['old'] }, ['hi', new Date(5)], 'ada'])
  })

  it("shares the topic's subscription with all others, and ends it with the last", async () => {
    const { tidings, url } = await startServer()
    const { client } = connect(url)
    const got: string[] = []
    const room = client.room(lobby)
    const stops = [
      room.on('typing', (author) => got.push(`a ${author}`)),
      client.room({ roomId: 'lobby' }).subscribe({ typing: (author) => got.push(`b ${author}`) }),
    ]
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    stops.push(room.on('typing', (author) => got.push(`c ${author}`)))
    await tidings.emit.room(lobby).typing('ada')
    await until(() => got.length === 3, 'all three were told')
    expect(got).toEqual(['a ada', 'b ada', 'c ada'])
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 1 })

    stops[0]?.()
    stops[0]?.()
    await tidings.emit.room(lobby).typing('bob')
    await until(() => got.length === 5, 'the two that stayed were told')
    stops[1]?.()
    stops[2]?.()
    await until(() => tidings.stats().connections === 0, 'the wire was let go')
    expect(client.connection.state).toEqual({ status: 'idle' })
  })

  it('that joins late receives a snapshot of its own, and each event that follows once', async () => {
    const messages: string[] = []
    let loads = 0
    // While every second snapshot loads, an event that it does not have is emitted and sent.
    const snapshot = async () => {
      const state = { messages: [...messages] }
      loads += 1
      if (loads % 2 === 0) await emit().then(() => pause(5))
      return state
    }
    const { tidings, url } = await startServer({ room: { snapshot } })
    const { client } = connect(url)
    const room = client.room(lobby)
    let sent = 0
    const emit = async () => {
      sent += 1
      messages.push(String(sent))
      await tidings.emit.room(lobby).typing(String(sent))
    }
    const first: string[] = []
    room.subscribe({
      snapshot: (state) => first.push(...state.messages),
      typing: (author) => first.push(author),
    })
    await until(() => client.connection.state.status === 'open', 'the client was connected')

    const late: { snapshots: string[][]; events: string[] }[] = []
    for (let round = 0; round < 20; round += 1) {
      await emit()
      const own: (typeof late)[number] = { snapshots: [], events: [] }
      late.push(own)
      room.subscribe({
        snapshot: (state) => own.snapshots.push(state.messages),
        typing: (author) => own.events.push(author),
      })
      await emit()
      // The event comes while the late one waits for its snapshot, which has that event already.
      if (round % 2 === 0) await until(() => first.at(-1) === String(sent), 'the event had come')
      if (round % 3 === 0) await until(() => own.snapshots.length > 0, 'the late one had begun')
    }
    await emit()
    const all = Array.from({ length: sent }, (_, n) => String(n + 1))
    const last = String(sent)
    const hasAll = ({ snapshots, events }: (typeof late)[number]) =>
      events.at(-1) === last || snapshots.at(-1)?.at(-1) === last
    await until(() => late.every(hasAll), 'everyone had everything')
    for (const { snapshots, events } of late) {
      expect(snapshots).toHaveLength(1)
      expect([...(snapshots[0] ?? []), ...events]).toEqual(all)
    }
    await until(() => first.at(-1) === String(sent), 'the first had everything')
    expect(new Set(first).size).toBe(sent)
    expect(first.filter((text, at) => first.indexOf(text) !== at).length).toBeLessThanOrEqual(1)
    await until(() => tidings.stats().connections === 1, 'only the shared wire was left')
  })

  it('that comes late is handed the events that were emitted while its snapshot was loading', async () => {
    const loads: ((state: { messages: string[] }) => void)[] = []
    const { tidings, url } = await startServer({
      room: { snapshot: () => new Promise((resolve) => loads.push(resolve)) },
    })
    const { client } = connect(url)
    const room = client.room(lobby)
    const first: string[] = []
    room.subscribe({ snapshot: () => first.push('snapshot'), typing: (author) => first.push(author) })
    await until(() => loads.length === 1, 'the first snapshot was asked for')
    loads[0]?.({ messages: [] })
    await until(() => first.length === 1, 'the first had begun')

    const late: string[] = []
    room.subscribe({
      snapshot: ({ messages }) => late.push(...messages),
      typing: (author) => late.push(author),
    })
    await until(() => loads.length === 2, 'the second snapshot was asked for')
    await tidings.emit.room(lobby).typing('ada')
    await tidings.emit.room(lobby).typing('bob')
    await until(() => first.length === 3, 'the first had both events')
    expect(late).toEqual([])
    loads[1]?.({ messages: ['the state before'] })
    await until(() => late.length === 3, 'the late one had everything')
    await tidings.emit.room(lobby).typing('eve')
    await until(() => late.length === 4 && first.length === 4, 'both go on')
    expect(late).toEqual(['the state before', 'ada', 'bob', 'eve'])
    expect(first).toEqual(['snapshot', 'ada', 'bob', 'eve'])
  })

  it('begins after a reconnect when it was made while disconnected, without the events that its snapshot contains', async () => {
    const messages: string[] = []
    const { tidings, url, cut } = await startServer({
      room: { snapshot: () => ({ messages: [...messages] }) },
    })
    const { client } = connect(url, { reconnect: { minMs: 100, maxMs: 100 } })
    const room = client.room(lobby)
    const first: string[] = []
    room.subscribe({ snapshot: () => first.push('snapshot'), typing: (author) => first.push(author) })
    await until(() => first.length === 1, 'the first had begun')
    cut()
    await until(() => client.connection.state.status === 'waiting', 'the connection was down')
    messages.push('ada')
    await tidings.emit.room(lobby).typing('ada')
    const late: string[] = []
    room.subscribe({
      snapshot: (state) => late.push(...state.messages),
      typing: (author) => late.push(author),
    })
    await until(() => late.length === 1 && first.length === 2, 'the connection had come back')
    await tidings.emit.room(lobby).typing('bob')
    await until(() => late.length >= 2 && first.length === 3, 'both go on')
    expect(late).toEqual(['ada', 'bob'])
    expect(first).toEqual(['snapshot', 'ada', 'bob'])
  })

  describe('to a scripted server', () => {
    const topic = 'room?roomId=lobby'

    async function script() {
      const server = await scriptedServer()
      const { client, reports } = connect(server.origin)
      const subscribe = () => {
        const got: string[] = []
        client.room(lobby).subscribe({
          snapshot: ({ messages }) => got.push(...messages),
          gap: ({ reason }) => got.push(reason),
          typing: (author) => got.push(author),
        })
        return got
      }
      /** A first subscriber, handed its snapshot, and one that has come late and asked for another. */
      const both = async () => {
        const first = subscribe()
        await server.asked(1)
        server.accept(topic, 'e')
        server.send('$snapshot', 'e.1', { messages: ['state at 1'] })
        for (const seq of [2, 3]) server.send('typing', `e.${seq}`, `event ${seq}`)
        await until(() => first.length === 3, 'the first had begun')
        const late = subscribe()
        await server.asked(2)
        expect(server.operations).toEqual([{ subscribe: topic }, { snapshot: topic }])
        return { first, late }
      }
      return { client, reports, ...server, subscribe, both }
    }

    it('begins late with a recent snapshot and the events after it', async () => {
      const { send, both } = await script()
      const { first, late } = await both()
      send('typing', 'e.4', 'event 4')
      // It was on its way before it was asked for.
      send('$snapshot', 'e.2', { messages: ['state at 2'] })
      send('typing', 'e.5', 'event 5')
      await until(() => first.length === 5, 'the first went on')
      expect(late).toEqual([])
      send('$snapshot', 'e.4', { messages: ['state at 4'] })
      send('typing', 'e.6', 'event 6')
      await until(() => late.length === 3 && first.length === 6, 'both had everything')
      expect(late).toEqual(['state at 4', 'event 5', 'event 6'])
      expect(first).toEqual(['state at 1', 'event 2', 'event 3', 'event 4', 'event 5', 'event 6'])
    })

    it('begins late with a snapshot ahead of the stream, without the events it contains', async () => {
      const { send, both } = await script()
      const { first, late } = await both()
      send('$snapshot', 'e.5', { messages: ['state at 5'] })
      for (const seq of [4, 5, 6]) send('typing', `e.${seq}`, `event ${seq}`)
      await until(() => first.length === 6, 'the first had everything')
      expect(late).toEqual(['state at 5', 'event 6'])
    })

    it('begins with the snapshot after a gap that occurs meanwhile', async () => {
      const { send, both } = await script()
      const { first, late } = await both()
      send('$gap', '', { reason: 'history_lost', cursor: 'f.6', topic })
      await until(() => first.length === 4, 'there was a gap')
      send('$snapshot', 'f.6', { messages: ['state at f.6'] })
      for (const seq of [7, 8]) send('typing', `f.${seq}`, `event ${seq}`)
      await until(() => first.length === 7 && late.length === 3, 'both had everything')
      expect(first.slice(3)).toEqual(['history_lost', 'state at f.6', 'event 7', 'event 8'])
      expect(late).toEqual(['state at f.6', 'event 7', 'event 8'])
    })

    it('requests a late snapshot again when it fails, and ends alone when it is refused', async () => {
      const { send, both, asked, operations, reports, subscribe } = await script()
      const { first, late } = await both()
      const problem = { title: '', detail: 'no', topic, snapshot: true }
      send('$error', '', { ...problem, status: 500, code: 'internal' })
      await asked(3)
      expect(operations[2]).toEqual({ snapshot: topic })
      expect(reports.map(([{ code }]) => code)).toEqual(['internal'])
      send('$snapshot', 'e.3', { messages: ['state at 3'] })
      await until(() => late.length === 1, 'the late one had begun')
      const later = subscribe()
      await asked(4)
      send('$error', '', { ...problem, status: 403, code: 'forbidden' })
      send('typing', 'e.4', 'event 4')
      await until(() => first.length === 4 && late.length === 2, 'the others went on')
      expect(later).toEqual([])
      expect(reports.map(([{ code }]) => code)).toEqual(['internal', 'forbidden'])
    })

    it('receives a gap in order, also when the connection is cut before it', async () => {
      const { client, asked, accept, streams, send, operations } = await script()
      client.ticks().on('tick', () => {})
      const got: unknown[] = []
      client.ticks().subscribe({ tick: (n) => got.push(n), gap: ({ reason }) => got.push(reason) })
      await asked(1)
      accept('ticks', 'e', 'e.0')
      send('tick', 'e.1', 1)
      await until(() => got.length === 1, 'it had begun')
      streams[0]?.destroy()
      await asked(2)
      expect(operations[1]).toEqual({ subscribe: 'ticks', cursor: 'e.1' })
      // The gap that was to follow is cut off.
      accept('ticks', 'f')
      await until(() => client.connection.state.status === 'open', 'it was connected again')
      streams[1]?.destroy()
      await asked(3)
      expect(operations[2]).toEqual({ subscribe: 'ticks', cursor: 'e.1' })
    })

    it('is open when every requested topic is subscribed', async () => {
      const { client, asked, accept } = await script()
      client.ticks().on('tick', () => {})
      client.room(lobby).on('typing', () => {})
      await asked(2)
      accept('ticks', 'e', 'e.0')
      await pause(30)
      expect(client.connection.state.status).toBe('connecting')
      accept(topic, 'f')
      await until(() => client.connection.state.status === 'open', 'the client was connected')
    })

    it('receives no event twice from a server that repeats events', async () => {
      const { client, asked, accept, send } = await script()
      const got: number[] = []
      client.ticks().on('tick', (n) => got.push(n))
      await asked(1)
      accept('ticks', 'e', 'e.0')
      for (const n of [1, 2, 1, 2]) send('tick', `e.${n}`, n)
      // Asked for twice, because an answer was lost, it is carried from where it was then.
      accept('ticks', 'e', 'e.0')
      for (const n of [1, 2, 3]) send('tick', `e.${n}`, n)
      await until(() => got.includes(3), 'the last had come')
      expect(got).toEqual([1, 2, 3])
    })
  })

  it('reports what an async handler rejects with', async () => {
    const { tidings, url } = await startServer()
    const { client, reports } = connect(url)
    client.ticks().on('tick', async () => {
      throw new Error('bug in the page')
    })
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await tidings.emit.ticks().tick(1)
    await until(() => reports.length === 1, 'onError was called')
    expect(reports[0]?.[0].cause).toEqual(new Error('bug in the page'))
  })

  it('does not receive the event during which another handler ended it', async () => {
    const { tidings, url } = await startServer()
    const { client } = connect(url)
    const got: string[] = []
    const stops: (() => void)[] = []
    client.ticks().on('tick', (n) => {
      got.push(`first ${n}`)
      stops[0]?.()
      if (n === 1) client.ticks().on('tick', (later) => got.push(`third ${later}`))
    })
    stops.push(client.ticks().on('tick', (n) => got.push(`second ${n}`)))
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await tidings.emit.ticks().tick(1)
    await tidings.emit.ticks().tick(2)
    await until(() => got.length === 3, 'both events had come')
    expect(got).toEqual(['first 1', 'first 2', 'third 2'])
  })

  it('reports an invalid payload with its issues, and continues', async () => {
    const { tidings, url } = await startServer()
    const newer = defineContract({ ticks: channel({ events: { tick: z.number().max(10) } }) })
    const reports: [TidingsError, ErrorContext][] = []
    const client = createClient(newer, { url, onError: (error, at) => reports.push([error, at]) })
    onTestFinished(() => client.close())
    const got: number[] = []
    client.ticks().on('tick', (n) => got.push(n))
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    for (const n of [1, 11, 2]) await tidings.emit.ticks().tick(n)
    await until(() => got.length === 2, 'what fits had come')
    expect(got).toEqual([1, 2])
    expect(reports).toHaveLength(1)
    expect(reports[0]?.[0]).toMatchObject({
      code: 'invalid_response',
      issues: [{ path: [], code: 'too_big' }],
    })
    expect(reports[0]?.[1]).toEqual({ channel: 'ticks', topic: '', event: 'tick', data: '11' })
  })

  it('continues when a handler throws, and reports the error', async () => {
    const { tidings, url } = await startServer()
    const { client, reports } = connect(url)
    const got: number[] = []
    client.ticks().on('tick', () => {
      throw new Error('bug in the page')
    })
    client.ticks().on('tick', (n) => got.push(n))
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await tidings.emit.ticks().tick(1)
    await tidings.emit.ticks().tick(2)
    await until(() => got.length === 2, 'the other handler was called')
    expect(reports.map(([error]) => error.cause)).toEqual([
      new Error('bug in the page'),
      new Error('bug in the page'),
    ])
  })

  it.each(['refused', 'unknown'])('ends with an error when the topic is %s', async (why) => {
    const { tidings, url } = await startServer({
      room: { authorize: () => false, snapshot: () => ({ messages: [] }) },
    })
    const missing = defineContract({ nowhere: channel({ events: { tick: z.number() } }) })
    const problems: TidingsError[] = []
    const error = (problem: TidingsError) => problems.push(problem)
    const { client, reports } = connect(url)
    const other = createClient(missing, { url })
    onTestFinished(() => other.close())
    if (why === 'refused') client.room(lobby).subscribe({ error })
    else other.nowhere().subscribe({ error })
    await until(() => problems.length === 1, 'the subscriber was notified')
    expect(problems[0]).toMatchObject(
      why === 'refused' ? { code: 'forbidden', status: 403 } : { code: 'not_found', status: 404 },
    )
    expect(reports).toEqual([])
    await until(() => tidings.stats().connections === 0, 'the connection was let go of')
  })

  it('reports a refusal to onError when it has no error handler', async () => {
    const { url } = await startServer({
      room: { authorize: () => false, snapshot: () => ({ messages: [] }) },
    })
    const { client, reports } = connect(url)
    client.room(lobby).on('typing', () => {})
    await until(() => reports.length === 1, 'onError was called')
    expect(reports[0]?.[0].code).toBe('forbidden')
    expect(reports[0]?.[1]).toEqual({ channel: 'room', topic: 'roomId=lobby' })
  })

  it('ends with its signal, and with `using`', async () => {
    const { tidings, url } = await startServer()
    const { client } = connect(url)
    const abort = new AbortController()
    client.ticks().on('tick', () => {}, { signal: abort.signal })
    client.room(lobby).subscribe({}, { signal: AbortSignal.abort() })
    {
      using _subscription = client.room({ roomId: 'used' }).on('typing', () => {})
      await until(() => tidings.stats().subscriptions === 2, 'both were carried')
    }
    await until(() => tidings.stats().subscriptions === 1, 'the block had ended one')
    expect(tidings.stats().connections).toBe(1)
    abort.abort()
    await until(() => tidings.stats().connections === 0, 'the signal had ended the other, and the connection')
  })

  it('throws for invalid params', async () => {
    const { url } = await startServer()
    const { client } = connect(url)
    expect(() => client.room({ roomId: 1 as never })).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    )
  })
})

describe('a loop', () => {
  it('yields the snapshot and events, and unsubscribes on break', async () => {
    const { tidings, url } = await startServer({ room: { snapshot: () => ({ messages: ['old'] }) } })
    const { client } = connect(url)
    const got: unknown[] = []
    for await (const event of client.room(lobby)) {
      got.push(event)
      if (event.type === 'snapshot')
        for (const author of ['ada', 'bob', 'eve']) void tidings.emit.room(lobby).typing(author)
      if (event.type === 'typing' && event.data === 'bob') break
    }
    expect(got).toEqual([
      { type: 'snapshot', data: { messages: ['old'] } },
      { type: 'typing', data: 'ada' },
      { type: 'typing', data: 'bob' },
    ])
    await until(() => tidings.stats().connections === 0, 'the wire was let go')
  })

  it('ends with `using` as well', async () => {
    const { tidings, url } = await startServer()
    const { client } = connect(url)
    {
      using loop = client.ticks().events()
      void loop.next()
      await until(() => tidings.stats().connections === 1, 'the loop had begun')
    }
    await until(() => tidings.stats().connections === 0, 'the block had ended it')
  })

  it('ends without an error with its signal and the client, and throws when the topic is refused', async () => {
    const { tidings, url } = await startServer({
      room: { authorize: ({ params }) => params.roomId !== 'staff', snapshot: () => ({ messages: [] }) },
    })
    const { client } = connect(url)
    const abort = new AbortController()
    const read = async (events: AsyncIterable<unknown>) => {
      for await (const _event of events);
      return 'over'
    }
    const aborted = read(client.ticks().events({ signal: abort.signal }))
    const closed = read(client.room(lobby))
    await until(() => tidings.stats().subscriptions === 2, 'both loops had begun')
    await expect(read(client.room({ roomId: 'staff' }))).rejects.toMatchObject({ code: 'forbidden' })
    abort.abort()
    expect(await aborted).toBe('over')
    client.close()
    expect(await closed).toBe('over')
    expect(await read(client.ticks().events({ signal: AbortSignal.abort() }))).toBe('over')
    await expect(read(client.ticks())).rejects.toMatchObject({ code: 'closed' })
  })

  it('yields a gap and a fresh snapshot when it falls too far behind', async () => {
    let total = 0
    const { tidings, url } = await startServer({
      room: { history: { size: 10_000 }, snapshot: () => ({ messages: [String(total)] }) },
    })
    const { client } = connect(url)
    const loop = client.room(lobby).events()
    expect((await loop.next()).value).toMatchObject({ type: 'snapshot' })
    const seen: string[] = []
    client.room(lobby).on('typing', (author) => seen.push(author))
    for (total = 1; total <= 5_000; total += 1) void tidings.emit.room(lobby).typing(String(total))
    total = 5_000
    await until(() => seen.length === 5_000, 'the wire had brought everything')
    const gap = await loop.next()
    expect(gap.value).toMatchObject({ type: 'gap', data: { reason: 'overflow' } })
    const next = await loop.next()
    expect(next.value).toEqual({ type: 'snapshot', data: { messages: ['5000'] } })
    await tidings.emit.room(lobby).typing('5001')
    expect((await loop.next()).value).toEqual({ type: 'typing', data: '5001' })
    await loop.return?.()
  })
})

describe('reconnecting', () => {
  it('resumes without a gap or a duplicate after each cut', async () => {
    const { tidings, url, cut } = await startServer()
    const { client } = connect(url)
    const got: number[] = []
    const gaps: string[] = []
    client.ticks().subscribe({ tick: (n) => got.push(n), gap: ({ reason }) => gaps.push(reason) })
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    for (let n = 1; n <= 200; n += 1) {
      await tidings.emit.ticks().tick(n)
      if (n % 7 === 0) await pause(3)
      if (n % 10 === 0) cut()
    }
    await until(() => got.at(-1) === 200, 'the newest had come')
    expect(got).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
    expect(gaps).toEqual([])
  })

  it('announces a gap and delivers a fresh snapshot when the server lost its history', async () => {
    const first = await startServer({ room: { snapshot: () => ({ messages: ['first'] }) } })
    const { client } = connect(first.url)
    const got: unknown[] = []
    client.room(lobby).subscribe({
      snapshot: ({ messages }) => got.push(messages[0]),
      gap: ({ reason, cursor }) => got.push(reason, typeof cursor),
      typing: (author) => got.push(author),
    })
    await until(() => got.length === 1, 'the snapshot had come')
    await first.tidings.emit.room(lobby).typing('before')
    await until(() => got.length === 2, 'the event had come')
    await first.stop()
    const second = await startServer(
      { room: { snapshot: () => ({ messages: ['second'] }) } },
      { port: first.port },
    )
    await until(() => got.length === 5, 'the gap and the snapshot had come')
    await second.tidings.emit.room(lobby).typing('after')
    await until(() => got.length === 6, 'the next event had come')
    expect(got).toEqual(['first', 'before', 'history_lost', 'string', 'second', 'after'])
  })

  it.each([
    [
      '503 of a proxy, in HTML',
      (response: ServerResponse) =>
        response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Busy</h1>'),
    ],
    ['429', (response: ServerResponse) => response.writeHead(429).end()],
    [
      '200 that is no event stream',
      (response: ServerResponse) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'),
    ],
  ])('survives a %s', async (_what, refuse) => {
    let refusals = 0
    const { tidings, url } = await startServer(
      {},
      {
        before: (_request, response) => {
          refusals += 1
          if (refusals <= 3) refuse(response)
        },
      },
    )
    const { client } = connect(url)
    const states: ConnectionState[] = []
    client.connection.on('change', (state) => states.push(state))
    const got: number[] = []
    client.ticks().on('tick', (n) => got.push(n))
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await tidings.emit.ticks().tick(1)
    await until(() => got.length === 1, 'the event had come')
    expect(states.map((state) => state.status)).toEqual([
      'connecting',
      'waiting',
      'connecting',
      'waiting',
      'connecting',
      'waiting',
      'connecting',
      'open',
    ])
    expect(states.filter((state) => state.status === 'connecting').map((state) => state.attempt)).toEqual([
      1, 2, 3, 4,
    ])
    expect(states[1]).toMatchObject({ problem: { code: 'invalid_response' }, retryAt: expect.any(Number) })
  })

  it('continues after a custom fetch aborts by its own time limit', async () => {
    let calls = 0
    const { url } = await startServer()
    const { client } = connect(url, {
      fetch: (target, init) => {
        calls += 1
        return calls === 1 ? Promise.reject(new DOMException('too slow', 'AbortError')) : fetch(target, init)
      },
    })
    client.ticks().on('tick', () => {})
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    // One that failed, one that did not, and one that asks for the topic.
    expect(calls).toBe(3)
  })

  it.each([
    ['with onError, which is told', true],
    ['without onError', false],
  ])('is not stopped by an observer that throws, %s', async (_what, isTold) => {
    const { url, cut } = await startServer()
    const { client, reports } = connect(url, isTold ? {} : ({ onError: undefined } as never))
    const thrown: unknown[] = []
    const note = (error: unknown) => thrown.push(error)
    process.on('uncaughtException', note)
    onTestFinished(() => {
      process.off('uncaughtException', note)
    })
    client.connection.on('change', ({ status }) => {
      if (status === 'waiting') throw new Error('bug in the page')
    })
    let opened = 0
    client.connection.on('change', ({ status }) => {
      if (status === 'open') opened += 1
    })
    client.ticks().on('tick', () => {})
    await until(() => opened === 1, 'the client was connected')
    cut()
    await until(() => opened === 2, 'the client was connected again')
    const bug = new Error('bug in the page')
    expect(thrown).toEqual(isTold ? [] : [bug])
    const told = reports.map(([{ code, message, cause }]) => ({ code, message, cause }))
    const message = 'The handler of a connection threw: bug in the page'
    expect(told).toEqual(isTold ? [{ code: 'internal', message, cause: bug }] : [])
  })

  it('reconnects after the server ends the stream', async () => {
    const first = await startServer()
    const { client } = connect(first.url)
    client.ticks().on('tick', () => {})
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await first.tidings.close({ drainMs: 0 })
    await until(() => client.connection.state.status === 'waiting', 'it waits for the server')
    await first.stop()
    await startServer({}, { port: first.port })
    await until(() => client.connection.state.status === 'open', 'the client was connected again')
  })

  it('calls the headers function for every request', async () => {
    let asked = 0
    const { requests, url, cut } = await startServer()
    const headers = async () => {
      asked += 1
      return { authorization: `token ${asked}` }
    }
    const { client } = connect(url, { headers })
    client.ticks().on('tick', () => {})
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await client.ping()
    cut()
    await until(() => requests.length === 5, 'it had come back')
    const tokens = requests.map((request) => request.authorization)
    expect(tokens).toEqual(['token 1', 'token 2', 'token 3', 'token 4', 'token 5'])
  })

  it('waits longer after each snapshot that cannot be loaded', async () => {
    let loads = 0
    const { url, tidings } = await startServer({
      room: {
        snapshot: () => {
          loads += 1
          if (loads <= 4) throw new Error('no database')
          return { messages: ['at last'] }
        },
      },
    })
    vi.spyOn(Math, 'random').mockReturnValue(1)
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    const { client, reports } = connect(url, { reconnect: { minMs: 20, maxMs: 1_000 } })
    const got: string[] = []
    const others: number[] = []
    client.ticks().on('tick', (n) => others.push(n))
    const beganAt = Date.now()
    client.room(lobby).subscribe({ snapshot: ({ messages }) => got.push(...messages) })
    await until(() => got.length === 1, 'the snapshot had come')
    // 20, 40, 80 and 160 ms.
    expect(Date.now() - beganAt).toBeGreaterThan(280)
    expect(reports.map(([{ code }, { channel }]) => [code, channel])).toEqual(
      Array(4).fill(['internal', 'room']),
    )
    // Nobody else is any the worse for it.
    await tidings.emit.ticks().tick(1)
    await until(() => others.length === 1, 'another topic goes on')
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 2 })
  })

  it('uses a given EventSource', async () => {
    const { tidings, url, cut } = await startServer()
    const { client } = connect(url, { EventSource })
    const got: number[] = []
    client.ticks().on('tick', (n) => got.push(n))
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await tidings.emit.ticks().tick(1)
    await until(() => got.length === 1, 'the first had come')
    cut()
    await tidings.emit.ticks().tick(2)
    await until(() => got.length === 2, 'the second had come')
    expect(got).toEqual([1, 2])
  })
})

describe('a client', () => {
  it('leaves no connection, timer or request when it is closed', async () => {
    const { tidings, url, requests } = await startServer()
    const { client } = connect(url)
    const states: string[] = []
    client.connection.on('change', (state) => states.push(state.status))
    client.ticks().on('tick', () => {})
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    client.close()
    client.close()
    expect(client.connection.state).toEqual({ status: 'closed' })
    await until(() => tidings.stats().connections === 0, 'the server had noticed')
    expect(() => client.ticks().on('tick', () => {})).toThrow(expect.objectContaining({ code: 'closed' }))
    await expect(client.ping()).rejects.toMatchObject({ code: 'closed' })
    expect(requests).toHaveLength(2)
    expect(states).toEqual(['connecting', 'open', 'closed'])
  })

  it.each<[string, ClientOptions, RegExp]>([
    ['a relative url outside a browser', { url: 'events' }, /url is events, which is not a valid URL here/],
    ['a path with a query', { url: '/events?a=1' }, /without a query or fragment/],
    ['a url with a query', { url: 'http://localhost/events?a=1' }, /without a query or fragment/],
    [
      'headers with an EventSource of its own',
      { url: 'http://localhost', headers: { a: 'b' }, EventSource },
      /cannot send headers/,
    ],
    [
      'bounds that are none',
      { url: 'http://localhost', reconnect: { minMs: 5, maxMs: 1 } },
      /reconnect is from 5 to 1 ms/,
    ],
  ])('is refused %s', (_what, options, message) => {
    expect(() => createClient(contract, options)).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringMatching(message) }),
    )
  })
})
