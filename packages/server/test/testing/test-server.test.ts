import { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { implement } from '../../src/index.js'
import { createTestServer } from '../../src/testing.js'
import { contract } from './contract.js'
import { startServer } from './kit.js'

const lobby = { roomId: 'lobby' }

describe('a test server', () => {
  it('serves typed clients through its own engine: validation, errors, authorisation, snapshots', async () => {
    const { server, messages } = startServer()
    messages.push('first')
    const ada = server.client({ headers: { authorization: 'Bearer ada' } })
    const eve = server.client()
    const { sentAt } = await ada.send({ ...lobby, text: 'hello' })
    expect(sentAt).toEqual(new Date(1_000))
    await expect(ada.send({ ...lobby, text: 'spam' })).rejects.toMatchObject({
      code: 'muted',
      data: { until: new Date(0) },
    })
    await expect(ada.send({ ...lobby, text: 'x'.repeat(21) })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    const room = ada
      .room(lobby)
      .state((state, event) =>
        event.type === 'message' ? { messages: [...state.messages, event.data.text] } : state,
      )
    onTestFinished(() => room.close())
    await room.ready
    await until(() => room.value !== undefined, 'the snapshot had come')
    expect(room.value).toEqual({ messages: ['first', 'hello'] })
    const refused = eve.room({ roomId: 'staff' }).subscribe({ error: () => {} })
    await expect(refused.ready).rejects.toMatchObject({ code: 'forbidden' })
    await ada.room({ roomId: 'staff' }).subscribe({}).ready
    const run = ada.count({ to: 2 })
    const numbers: number[] = []
    for await (const { data } of run) numbers.push(data)
    expect(numbers).toEqual([1, 2])
    expect(await run.output).toEqual({ total: 2 })
    await server.close()
  })

  it('serves an app and its parts, behind their middleware', async () => {
    const calls: string[] = []
    const app = implement(contract, { context: ({ headers }) => ({ user: headers.get('authorization') }) })
    const members = app.use(({ context, procedure, next }) => {
      calls.push(procedure.path)
      if (!context.user) throw new TidingsError({ code: 'unauthorized' })
      return next({ context: { user: context.user } })
    })
    await using server = createTestServer(
      app,
      {},
      {
        room: app.handlers(contract.room, { snapshot: () => ({ messages: [] }) }),
        send: members.handlers(contract.send, ({ context }) => {
          expectTypeOf(context.user).toEqualTypeOf<string>()
          return { sentAt: new Date(context.user.length) }
        }),
        count: app.handlers(contract.count, async () => ({ total: 0 })),
      },
    )
    const ada = server.client({ headers: { authorization: 'ada' } })
    expect(await ada.send({ ...lobby, text: 'hello' })).toEqual({ sentAt: new Date(3) })
    await expect(server.client().send({ ...lobby, text: 'hello' })).rejects.toMatchObject({ status: 401 })
    expect(calls).toEqual(['send', 'send'])
  })

  it('is a server: emit, stats and disconnect are its own, and hooks receive the address of a client', async () => {
    const addresses: (string | undefined)[] = []
    const { server } = startServer({ hooks: { connected: ({ address }) => addresses.push(address) } })
    const ada = server.client({ address: '192.0.2.1' })
    const ticks: number[] = []
    await ada.ticks().on('tick', (tick) => ticks.push(tick)).ready
    await server.emit.ticks().tick(1)
    await until(() => ticks.length === 1, 'the tick had come')
    expect(server.stats()).toMatchObject({ connections: 1, subscriptions: 1 })
    expect(server.isClosing).toBe(false)
    const states: string[] = []
    ada.connection.on('change', ({ status }) => states.push(status))
    await server.disconnect(() => true)
    await until(() => states.includes('waiting'), 'the client had been disconnected')
    expect(addresses).toEqual(['192.0.2.1'])
    await server.close()
    expect(server.isClosing).toBe(true)
  })

  it('calls handlers and loads snapshots alone, without a client', async () => {
    const { server, messages } = startServer()
    expect(await server.call.send({ ...lobby, text: 'hello' }, { context: 'Bearer ada' })).toEqual({
      sentAt: new Date(1_000),
    })
    await expect(server.call.send({ ...lobby, text: 'spam' }, { context: null })).rejects.toMatchObject({
      code: 'muted',
    })
    expect(messages).toEqual(['hello'])
    expect(await server.next(server.client().room(lobby), 'message')).toMatchObject({ text: 'hello' })
    const seed = await server.snapshot.room(lobby, { context: null })
    expect(seed.value).toEqual({ messages: ['hello'] })
    await server.close()
  })

  it('refuses options and handlers as a server does, and leaves the timers alone', () => {
    const { setTimeout } = globalThis
    const untyped = createTestServer as (...given: unknown[]) => unknown
    expect(() => untyped(contract, {}, {})).toThrow('createServer: handlers.room.snapshot is missing')
    expect(() => untyped(contract, { clock: {} }, {})).toThrow('clock has no tick()')
    expect(globalThis.setTimeout).toBe(setTimeout)
  })
})

describe('next and all', () => {
  it('return the events of a topic: each once, whether it was emitted before or after the call', async () => {
    const { server } = startServer()
    const ada = server.client()
    const room = ada.room(lobby)
    const later = server.next(room, 'typing')
    await ada.send({ ...lobby, text: 'one' })
    await server.emit.room({ roomId: 'other' }).message({ text: 'elsewhere', sentAt: new Date(2) })
    await ada.send({ ...lobby, text: 'two' })
    await server.emit.room(lobby).typing('ada')
    const first = await server.next(room, 'message')
    expectTypeOf(first).toEqualTypeOf<{ text: string; sentAt: Date }>()
    expect(first).toEqual({ text: 'one', sentAt: new Date(1_000) })
    expect(await server.next(room, 'message')).toMatchObject({ text: 'two' })
    expect(await later).toBe('ada')
    const all = server.all(room)
    expect(all).toEqual([
      { type: 'message', data: { text: 'one', sentAt: new Date(1_000) } },
      { type: 'message', data: { text: 'two', sentAt: new Date(1_000) } },
      { type: 'typing', data: 'ada' },
    ])
    expectTypeOf(all[0]?.type).toEqualTypeOf<'message' | 'typing' | undefined>()
    // @ts-expect-error the channel has no such event
    expect(() => server.next(room, 'left')).toThrow('room has no event "left". Give one of message, typing')
    // @ts-expect-error a channel without params takes none
    expect(() => server.all({ key: 'nothing', on: () => {} })).toThrow('nothing is not a topic')
  })

  it('say what was emitted instead, and leave a later event to the next call', async () => {
    const { server } = startServer()
    const room = server.client().room(lobby)
    await server.emit.room(lobby).typing('ada')
    await server.emit.ticks().tick(1)
    await expect(server.next(room, 'message')).rejects.toThrow(
      'server.next: the server did not emit another message on room?roomId=lobby. On this topic it has emitted typing (1); on others: ticks',
    )
    const message = { text: 'late', sentAt: new Date(0) }
    await server.emit.room(lobby).message(message)
    expect(await server.next(room, 'message')).toEqual(message)
  })

  it('keep a bounded number of events, and say when one is gone', async () => {
    const { server } = startServer()
    const ticks = server.client().ticks()
    for (let n = 0; n < 4_097; n += 1) void server.emit.ticks().tick(n)
    expect(server.all(ticks)).toHaveLength(4_096)
    expect(server.all(ticks)[0]).toEqual({ type: 'tick', data: 1 })
    await expect(server.next(ticks, 'tick')).rejects.toThrow('the oldest are gone')
  })
})

describe('errors that the test does not expect', () => {
  it('fail the test when the server is closed: those of the server, and those of clients', async () => {
    const { server } = startServer()
    const ada = server.client()
    await expect(ada.send({ ...lobby, text: 'bug' })).rejects.toMatchObject({ code: 'internal' })
    ada.ticks().on('tick', () => {
      throw new Error('a handler of the test')
    })
    const refused = ada.room({ roomId: 'staff' }).subscribe({})
    await expect(refused.ready).rejects.toMatchObject({ code: 'forbidden' })
    await server.emit.ticks().tick(1)
    const closed = server.close()
    await expect(closed).rejects.toThrow(/^Errors that the test does not expect:\n/)
    await expect(closed).rejects.toThrow('- in send: Error: the database is down')
    await expect(closed).rejects.toThrow('- in room?roomId=staff: forbidden:')
    await expect(closed).rejects.toThrow('A handler of ticks threw: a handler of the test')
    await expect(closed).rejects.toThrow("expect them: await server.expectError('part of the message')")
  })

  it('do not fail it if they are expected, before or after', async () => {
    const { server } = startServer()
    const ada = server.client()
    const expected = server.expectError('database')
    const fail = () => ada.send({ ...lobby, text: 'bug' }).catch(() => {})
    await fail()
    expect(await expected).toEqual(new Error('the database is down'))
    await fail()
    await server.expectError(/down$/)
    await server.close()
  })

  it('do not fail it if the server has its own onError', async () => {
    const errors: unknown[] = []
    const { server } = startServer({ onError: (error) => errors.push(error) })
    await expect(server.client().send({ ...lobby, text: 'bug' })).rejects.toThrow()
    await server.close()
    expect(errors).toEqual([new Error('the database is down')])
  })

  it('fail it also if an expected one did not come', async () => {
    const { server } = startServer()
    void server.expectError('database')
    await expect(server.close()).rejects.toThrow(
      'server.expectError: there was no error that matches database',
    )
  })
})
