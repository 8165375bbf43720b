import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { connect, startServer } from './harness.js'
import { scriptedServer } from './scripted-server.js'

const lobby = { roomId: 'lobby' }
const key = 'room?roomId=lobby'
const seed = { value: { messages: ['seed'] }, cursor: 'e.5' }

type Client = ReturnType<typeof connect>['client']

/** The lobby, with what its people type as its messages. */
function typed(client: Client, given?: { value: { messages: string[] }; cursor: string }) {
  const state = client
    .room(lobby)
    .state((room, event) => (event.type === 'typing' ? { messages: [...room.messages, event.data] } : room), {
      seed: given,
    })
  void state.ready
  return state
}

/** A client of a server that does what the test says, with the seeded lobby. */
async function seeded() {
  const server = await scriptedServer()
  const { client, errors } = connect(server.origin)
  const state = typed(client, seed)
  const states: [isCurrent: boolean, messages: string[] | undefined][] = []
  state.on('change', (value) => states.push([state.isCurrent, value?.messages]))
  return { ...server, client, errors, state, states }
}

describe('a state with a seed', () => {
  it('begins with it at once, and continues from its cursor without a snapshot', async () => {
    const { state, states, asked, operations, accept, send } = await seeded()
    expect([state.isCurrent, state.value]).toEqual([true, seed.value])
    await asked(1)
    accept(key, 'e', 'e.5')
    await state.ready
    send('typing', 'e.6', 'ada')
    await until(() => states.length === 1, 'the event had come')
    expect(states).toEqual([[true, ['seed', 'ada']]])
    expect(operations).toEqual([{ subscribe: key, cursor: 'e.5' }])
  })

  it('folds the value as a snapshot into the initial one', async () => {
    const { client } = await seeded()
    const seen = client.room(lobby).state((state: string[], event) => [...state, event.type], {
      initial: ['begin'],
      seed,
    })
    expect([seen.isCurrent, seen.value]).toEqual([true, ['begin', 'snapshot']])
  })

  it('goes on from the next event after a lost connection', async () => {
    const { states, asked, operations, streams, accept, send } = await seeded()
    await asked(1)
    accept(key, 'e', 'e.5')
    streams[0]?.destroy()
    await asked(2)
    accept(key, 'e', 'e.5')
    send('typing', 'e.6', 'ada')
    await until(() => states.length === 1, 'the event had come')
    streams[1]?.destroy()
    await asked(3)
    expect(operations).toEqual(['e.5', 'e.5', 'e.6'].map((cursor) => ({ subscribe: key, cursor })))
    expect(states).toEqual([[true, ['seed', 'ada']]])
  })

  it('is replaced by the snapshot after a gap if the server no longer reaches its cursor', async () => {
    const { states, asked, operations, accept, send } = await seeded()
    await asked(1)
    accept(key, 'f')
    send('$gap', '', { reason: 'history_lost', cursor: 'f.9', topic: key })
    await until(() => states.length === 1, 'the gap had come')
    send('$snapshot', 'f.9', { messages: ['fresh'] })
    send('typing', 'f.10', 'ada')
    await until(() => states.at(-1)?.[1]?.length === 2, 'the event had come')
    expect(states[0]).toEqual([false, ['seed']])
    expect(states.at(-1)).toEqual([true, ['fresh', 'ada']])
    expect(operations).toHaveLength(1)
  })

  it('begins with a snapshot if the reducer throws for the seed', async () => {
    const { origin, asked, operations } = await scriptedServer()
    const { client, errors } = connect(origin)
    const state = client.room(lobby).state(
      () => {
        throw new Error('no')
      },
      { initial: 0, seed },
    )
    expect([state.isCurrent, state.value, errors.length]).toEqual([false, 0, 1])
    void state.ready
    await asked(1)
    expect(operations).toEqual([{ subscribe: key }])
  })

  it.each([
    ['without an epoch', { value: seed.value, cursor: '5' }, 'seed.cursor is "5"'],
    ['that is a number', { value: seed.value, cursor: 5 as unknown as string }, 'seed.cursor is 5'],
    ['that is missing', { value: seed.value } as typeof seed, 'seed.cursor is undefined'],
  ])('throws for a cursor %s', async (_what, misfit, message) => {
    const { client } = connect('http://127.0.0.1:1/events')
    expect(() => typed(client, misfit)).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(message) }),
    )
  })
})

describe('a seeded state joins a topic', () => {
  it('at its position: both receive what follows, and nothing is requested again', async () => {
    const { client, states, asked, operations, accept, send } = await seeded()
    await asked(1)
    accept(key, 'e', 'e.5')
    const second = typed(client, { ...seed })
    await second.ready
    send('typing', 'e.6', 'ada')
    await until(() => states.length === 1, 'the event had come')
    expect([second.isCurrent, second.value]).toEqual([true, { messages: ['seed', 'ada'] }])
    expect(operations).toHaveLength(1)
  })

  it('that is behind its seed: it receives the events after its own cursor alone', async () => {
    const { client, state, asked, operations, accept, send } = await seeded()
    await asked(1)
    accept(key, 'e', 'e.5')
    await state.ready
    const second = typed(client, { value: { messages: ['newer'] }, cursor: 'e.7' })
    for (const n of [6, 7, 8]) send('typing', `e.${n}`, `at ${n}`)
    await until(() => state.value?.messages.length === 4, 'the events had come')
    expect([second.isCurrent, second.value]).toEqual([true, { messages: ['newer', 'at 8'] }])
    expect(operations).toHaveLength(1)
  })

  it.each([
    ['that is past its seed', { ...seed, cursor: 'e.4' }],
    ['in another epoch', { ...seed, cursor: 'd.5' }],
  ])('%s: it receives a gap, and a snapshot of its own', async (_what, older) => {
    const { client, state, states, asked, operations, accept, send } = await seeded()
    await asked(1)
    accept(key, 'e', 'e.5')
    await state.ready
    const second = client.room(lobby).state((seen: unknown[], event) => [...seen, event], {
      initial: [],
      seed: older,
    })
    void second.ready
    await asked(2)
    expect(operations[1]).toEqual({ snapshot: key })
    send('typing', 'e.6', 'before')
    send('$snapshot', 'e.6', { messages: ['fresh'] })
    send('typing', 'e.7', 'after')
    await until(() => state.value?.messages.length === 3, 'the events had come')
    expect(second.value).toEqual([
      { type: 'snapshot', data: seed.value },
      { type: 'gap', data: { reason: 'late', cursor: 'e.5' } },
      { type: 'snapshot', data: { messages: ['fresh'] } },
      { type: 'typing', data: 'after' },
    ])
    expect(states.at(-1)).toEqual([true, ['seed', 'before', 'after']])
  })

  it('that is not requested yet: the topic begins at its cursor, and the other receives a snapshot', async () => {
    const { origin, asked, operations, accept, send } = await scriptedServer()
    const { client } = connect(origin)
    const plain = typed(client)
    const second = typed(client, seed)
    await asked(1)
    accept(key, 'e', 'e.5')
    await asked(2)
    expect(operations).toEqual([{ subscribe: key, cursor: 'e.5' }, { snapshot: key }])
    send('typing', 'e.6', 'ada')
    send('$snapshot', 'e.6', { messages: ['fresh'] })
    send('typing', 'e.7', 'bob')
    await until(() => plain.value?.messages.length === 2, 'the events had come')
    expect([plain.value, second.value]).toEqual([
      { messages: ['fresh', 'bob'] },
      { messages: ['seed', 'ada', 'bob'] },
    ])
  })

  it('that is requested: it begins again with the snapshot that is to come', async () => {
    const { origin, asked, operations, accept, send } = await scriptedServer()
    const { client } = connect(origin)
    const plain = typed(client)
    await asked(1)
    const second = typed(client, seed)
    expect([second.isCurrent, second.value]).toEqual([false, seed.value])
    accept(key, 'e')
    send('$snapshot', 'e.6', { messages: ['fresh'] })
    send('typing', 'e.7', 'bob')
    await until(() => plain.value?.messages.length === 2, 'the events had come')
    expect([second.isCurrent, second.value]).toEqual([true, { messages: ['fresh', 'bob'] }])
    expect(operations).toHaveLength(1)
  })
})

describe('seeds of a server', () => {
  it('miss and repeat nothing, whenever they were taken and whenever their pages subscribe', async () => {
    const messages: string[] = []
    let loads = 0
    const { tidings, url } = await startServer(
      {
        room: {
          snapshot: async () => {
            loads += 1
            const state = { messages: [...messages] }
            await new Promise((resolve) => setImmediate(resolve))
            return state
          },
        },
      },
      { history: { size: Number.POSITIVE_INFINITY } },
    )
    const { client } = connect(url)
    const wait = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
    const gaps: string[] = []
    let seeds = 0
    const page = async (own: Client) => {
      await wait()
      // The load itself takes a turn, in which messages arrive.
      const taken = await tidings.snapshot.room(lobby)
      seeds += 1
      await wait()
      const state = own.room(lobby).state(
        (all: string[], event) => {
          if (event.type === 'gap') gaps.push(event.data.reason)
          // A message that was stored while the snapshot loaded may follow it, too.
          if (event.type === 'typing') return all.includes(event.data) ? all : [...all, event.data]
          return event.type === 'snapshot' ? event.data.messages : all
        },
        { initial: [], seed: taken },
      )
      await state.ready
      return state
    }
    let isOver = false
    const talking = (async () => {
      for (let n = 0; !isOver; n += 1) {
        messages.push(`message ${n}`)
        await tidings.emit.room(lobby).typing(`message ${n}`)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })()
    // Each on a connection of its own, so that none joins the topic of another.
    const clients = Array.from({ length: 30 }, () => connect(url).client)
    const states = await Promise.all([...clients, client].map(page))
    isOver = true
    await talking
    for (const state of states) {
      await until(() => state.value.length >= messages.length, 'everything had come')
      expect(state.value).toEqual(messages)
    }
    expect(gaps).toEqual([])
    expect(loads).toBeLessThanOrEqual(seeds)
  })
})
