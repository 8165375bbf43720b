import type { TidingsError } from '@tidings/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createClient, type ErrorPlace } from '../src/index.js'
import { contract } from './contract.js'
import { startServer, until } from './harness.js'

const lobby = { roomId: 'lobby' }

function connect(url: string) {
  const errors: [TidingsError, ErrorPlace][] = []
  const client = createClient(contract, {
    url,
    reconnect: { minMs: 1, maxMs: 20 },
    onError: (error, at) => errors.push([error, at]),
  })
  onTestFinished(() => client.close())
  const room = (signal?: AbortSignal) =>
    client.room(lobby).state(({ messages }, event) => {
      if (event.type === 'typing' && event.data === 'nobody') throw new Error('nobody types')
      return event.type === 'typing' ? { messages: [...messages, event.data] } : { messages }
    }, signal && { signal })
  return { client, errors, room }
}

describe('the state of a topic with a snapshot', () => {
  it('is the snapshot, with all that follows folded into it', async () => {
    const { tidings, url } = await startServer({ room: { snapshot: () => ({ messages: ['old'] }) } })
    const { room } = connect(url)
    const state = room()
    expect([state.value, state.isCurrent]).toEqual([undefined, false])
    await until(() => state.isCurrent, 'the snapshot had come')
    const first = state.value
    expect(first).toEqual({ messages: ['old'] })
    expect(state.value).toBe(first)
    await tidings.emit.room(lobby).typing('ada')
    await tidings.emit.room(lobby).typing('bob')
    await until(() => state.value?.messages.length === 3, 'both were folded in')
    expect(state.value).toEqual({ messages: ['old', 'ada', 'bob'] })
    expect(first).toEqual({ messages: ['old'] })
  })

  it('tells its observers once for all that came together, until they leave', async () => {
    const { tidings, url } = await startServer()
    const { room } = connect(url)
    const state = room()
    await until(() => state.isCurrent, 'the snapshot had come')
    const told: number[] = []
    const leave = state.on('change', (value) => told.push(value?.messages.length ?? -1))
    for (let n = 0; n < 500; n += 1) void tidings.emit.room(lobby).typing(`${n}`)
    await until(() => state.value?.messages.length === 500, 'all were folded in')
    await until(() => told.at(-1) === 500, 'the last was told')
    expect(told.length).toBeLessThan(250)
    leave()
    const before = told.length
    await tidings.emit.room(lobby).typing('last')
    await until(() => state.value?.messages.length === 501, 'the last was folded in')
    await Promise.resolve()
    expect(told).toHaveLength(before)
  })

  it('is not current between a gap and the snapshot that heals it', async () => {
    const messages = ['before']
    const room = { snapshot: () => ({ messages }) }
    const first = await startServer({ room })
    const { room: fold } = connect(first.url)
    const state = fold()
    await until(() => state.isCurrent, 'the snapshot had come')
    await first.tidings.emit.room(lobby).typing('ada')
    await until(() => state.value?.messages.length === 2, 'the event was folded in')
    const seen: [boolean, unknown][] = []
    state.on('change', (value) => seen.push([state.isCurrent, value]))
    let load: (state: { messages: string[] }) => void = () => {}
    await first.tidings.close({ drainMs: 0 })
    await first.stop()
    await startServer(
      {
        room: {
          snapshot: () =>
            new Promise((resolve) => {
              load = resolve
            }),
        },
      },
      { port: first.port },
    )
    await until(() => !state.isCurrent, 'the gap was announced')
    load({ messages: ['after'] })
    await until(() => state.isCurrent, 'the snapshot had come again')
    await until(() => seen.length === 2, 'both were told')
    expect(seen).toEqual([
      [false, { messages: ['before', 'ada'] }],
      [true, { messages: ['after'] }],
    ])
  })

  it('stays as it was when the reducer throws, which is reported, and goes on', async () => {
    const { tidings, url } = await startServer()
    const { room, errors } = connect(url)
    const state = room()
    await until(() => state.isCurrent, 'the snapshot had come')
    for (const author of ['ada', 'nobody', 'bob']) await tidings.emit.room(lobby).typing(author)
    await until(() => state.value?.messages.length === 2, 'the last was folded in')
    expect(state.value).toEqual({ messages: ['ada', 'bob'] })
    expect(errors).toEqual([
      [
        expect.objectContaining({ message: expect.stringContaining('nobody types') }),
        { channel: 'room', topic: 'roomId=lobby', event: 'typing' },
      ],
    ])
  })

  it('shares the wire with others, and ends by close, by signal, and with its client', async () => {
    const { tidings, url } = await startServer()
    const { client, room } = connect(url)
    const abort = new AbortController()
    const states = [room(), room(abort.signal), room()]
    await until(() => states.every((state) => state.isCurrent), 'all had the snapshot')
    const late = room()
    await until(() => late.isCurrent, 'the late one had the snapshot')
    await until(() => tidings.stats().connections === 1, 'all share one connection')
    states[0]?.close()
    abort.abort()
    await tidings.emit.room(lobby).typing('ada')
    await until(() => late.value?.messages.length === 1, 'those that stayed were told')
    expect(states.map((state) => [state.value, state.isCurrent])).toEqual([
      [{ messages: [] }, false],
      [{ messages: [] }, false],
      [{ messages: ['ada'] }, true],
    ])
    client.close()
    expect([late.isCurrent, late.problem]).toEqual([false, undefined])
    expect(() => room()).toThrow(expect.objectContaining({ code: 'closed' }))
  })

  it('says why the topic was refused', async () => {
    const { url } = await startServer({
      room: { authorize: () => false, snapshot: () => ({ messages: [] }) },
    })
    const { room, errors } = connect(url)
    const state = room()
    let changes = 0
    state.on('change', () => {
      changes += 1
    })
    await until(() => changes === 1, 'the refusal was told')
    expect(state).toMatchObject({ value: undefined, isCurrent: false, problem: { code: 'forbidden' } })
    expect(errors).toHaveLength(1)
  })
})

it('the state of a topic without a snapshot begins as it is told, and is told of gaps', async () => {
  const first = await startServer()
  const { client } = connect(first.url)
  const sum = client.ticks().state((total, event) => (event.type === 'gap' ? -1 : total + event.data), 0)
  expect([sum.value, sum.isCurrent]).toEqual([0, true])
  await until(() => client.connection.state.status === 'open', 'the client was connected')
  await first.tidings.emit.ticks().tick(2)
  await first.tidings.emit.ticks().tick(3)
  await until(() => sum.value === 5, 'both were folded in')
  await first.tidings.close({ drainMs: 0 })
  await first.stop()
  const second = await startServer({}, { port: first.port })
  await until(() => sum.value === -1, 'the gap was folded in')
  await second.tidings.emit.ticks().tick(11)
  await until(() => sum.value === 10, 'the next was folded in')
  sum[Symbol.dispose]()
  await until(() => second.tidings.stats().connections === 0, 'it had left')
})
