import type { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import type { ClientOptions, TopicState } from '../src/index.js'
import { connect, startServer } from './harness.js'
import { scriptedServer } from './scripted-server.js'

const lobby = { roomId: 'lobby' }

function connectToLobby(url: string, options: Partial<ClientOptions> = {}) {
  const { client, reports } = connect(url, options)
  /** The lobby, with what its people type as its messages. */
  const typed = (signal?: AbortSignal) =>
    started(
      client
        .room(lobby)
        .state(
          (room, event) => (event.type === 'typing' ? { messages: [...room.messages, event.data] } : room),
          { ...(signal && { signal }) },
        ),
    )
  /** The ticks since the last gap. */
  const ticks = () =>
    started(
      client.ticks().state((seen, event) => (event.type === 'tick' ? [...seen, event.data] : []), {
        initial: [] as number[],
      }),
    )
  return { client, reports, typed, ticks }
}

/** Starts the subscription of a state. */
function started<State extends TopicState<unknown, unknown>>(state: State): State {
  void state.ready
  return state
}

function changesOf<State>(state: TopicState<State, unknown>): State[] {
  const changes: State[] = []
  state.on('change', (value) => changes.push(value))
  return changes
}

const open = ({ client }: ReturnType<typeof connectToLobby>) =>
  until(() => client.connection.state.status === 'open', 'the client was connected')

describe('a state', () => {
  it('is the snapshot, with the events that follow folded into it, decoded', async () => {
    const { tidings, url } = await startServer({ room: { snapshot: () => ({ messages: ['old'] }) } })
    const { client } = connectToLobby(url)
    const dates: Date[] = []
    const state = client.room(lobby).state((room, event) => {
      if (event.type !== 'message') return room
      dates.push(event.data.sentAt)
      return { messages: [...room.messages, event.data.text] }
    })
    void state.ready
    expect([state.value, state.isCurrent]).toEqual([undefined, false])
    await until(() => state.isCurrent, 'the snapshot had come')
    expect(state.value).toEqual({ messages: ['old'] })
    await tidings.emit.room(lobby).message({ text: 'new', sentAt: new Date(5) })
    await until(() => state.value?.messages.length === 2, 'the event had come')
    expect(state.value).toEqual({ messages: ['old', 'new'] })
    expect(dates).toEqual([new Date(5)])
  })

  it('notifies of each change, and not of an event that changes nothing', async () => {
    const { tidings, url } = await startServer()
    const { client, typed } = connectToLobby(url)
    const state = typed()
    const changes = changesOf(state)
    let messages = 0
    client.room(lobby).on('message', () => {
      messages += 1
    })
    await until(() => changes.length === 1, 'the snapshot had come')
    await tidings.emit.room(lobby).typing('ada')
    await until(() => changes.length === 2, 'the event had come')
    expect(state.value).toBe(changes[1])
    await tidings.emit.room(lobby).message({ text: 'not folded', sentAt: new Date() })
    await until(() => messages === 1, 'the event that is not folded had come')
    expect(state.value).toBe(changes[1])
    await tidings.emit.room(lobby).typing('bob')
    await until(() => changes.length === 3, 'the next event had come')
    expect(changes).toEqual([{ messages: [] }, { messages: ['ada'] }, { messages: ['ada', 'bob'] }])
  })

  it('folds each event at once, and notifies once for the events of a turn', async () => {
    const { origin, streams, frame, asked, accept } = await scriptedServer()
    const { client, ticks } = connectToLobby(origin)
    const state = ticks()
    const changes = changesOf(state)
    const lengths: number[] = []
    client.ticks().on('tick', () => lengths.push(state.value.length))
    await asked(1)
    accept('ticks', 'e', 'e.0')
    const all = Array.from({ length: 500 }, (_, n) => n + 1)
    streams[0]?.write(all.map((n) => frame('tick', `e.${n}`, n)).join(''))
    await until(() => changes.at(-1)?.length === 500, 'everything had come')
    expect(lengths).toEqual(all)
    // One for each piece in which it came over the socket.
    expect(changes.length).toBeLessThan(10)
  })

  it('is replaced by the fresh snapshot of a server that lost its history', async () => {
    const first = await startServer({ room: { snapshot: () => ({ messages: ['first'] }) } })
    const state = connectToLobby(first.url).typed()
    await until(() => state.isCurrent, 'the snapshot had come')
    await first.tidings.emit.room(lobby).typing('before')
    await until(() => state.value?.messages.length === 2, 'the event had come')
    expect(state.value).toEqual({ messages: ['first', 'before'] })
    await first.stop()
    const second = await startServer(
      { room: { snapshot: () => ({ messages: ['second'] }) } },
      { port: first.port },
    )
    await until(() => state.value?.messages[0] === 'second', 'the fresh snapshot had come')
    expect([state.value, state.isCurrent]).toEqual([{ messages: ['second'] }, true])
    await second.tidings.emit.room(lobby).typing('after')
    await until(() => state.value?.messages.length === 2, 'the next event had come')
    expect(state.value).toEqual({ messages: ['second', 'after'] })
  })

  it('is not current between a gap and the snapshot that follows it', async () => {
    const { origin, send, asked, accept } = await scriptedServer()
    const { client } = connectToLobby(origin)
    const folded: string[] = []
    const state = client.room(lobby).state((room, event) => {
      folded.push(event.type)
      return room
    })
    void state.ready
    const log: unknown[] = []
    state.on('change', (value) => log.push([state.isCurrent, value]))
    await asked(1)
    accept('room?roomId=lobby', 'e')
    send('$snapshot', 'e.0', { messages: ['a'] })
    await until(() => log.length === 1, 'the snapshot had come')
    send('$gap', '', { reason: 'expired', cursor: 'e.5', topic: 'room?roomId=lobby' })
    await until(() => log.length === 2, 'the gap had come')
    send('$snapshot', 'e.5', { messages: ['b'] })
    send('typing', 'e.6', 'ada')
    await until(() => log.length === 3, 'the fresh snapshot had come')
    expect(log).toEqual([
      [true, { messages: ['a'] }],
      [false, { messages: ['a'] }],
      [true, { messages: ['b'] }],
    ])
    await until(() => folded.length > 0, 'the event had come')
    expect(folded).toEqual(['typing'])
  })

  it('folds no event into an invalid snapshot', async () => {
    const { origin, send, asked, accept } = await scriptedServer()
    const { typed, reports } = connectToLobby(origin)
    const state = typed()
    await asked(1)
    accept('room?roomId=lobby', 'e')
    send('$snapshot', 'e.0', { messages: 'none' })
    send('typing', 'e.1', 'lost')
    send('typing', 'e.2', 3)
    await until(() => reports.length === 2, 'both misfits were reported')
    expect([state.value, state.isCurrent]).toEqual([undefined, false])
    send('$gap', '', { reason: 'expired', cursor: 'e.2', topic: 'room?roomId=lobby' })
    send('$snapshot', 'e.2', { messages: ['ok'] })
    await until(() => state.isCurrent, 'a snapshot that fits had come')
    expect(state.value).toEqual({ messages: ['ok'] })
  })

  it('begins with its initial value on a channel without a snapshot, and passes gaps to its reducer', async () => {
    const first = await startServer()
    const own = connectToLobby(first.url)
    const state = own.ticks()
    expect([state.value, state.isCurrent]).toEqual([[], true])
    await open(own)
    for (const n of [1, 2]) await first.tidings.emit.ticks().tick(n)
    await until(() => state.value.length === 2, 'both events had come')
    expect(state.value).toEqual([1, 2])
    await first.stop()
    const second = await startServer({}, { port: first.port })
    await until(() => state.value.length === 0, 'the gap had come')
    expect(state.isCurrent).toBe(true)
    await second.tidings.emit.ticks().tick(3)
    await until(() => state.value.length === 1, 'the next event had come')
    expect(state.value).toEqual([3])
  })

  it('folds snapshots, events and gaps into its own type with an initial value', async () => {
    const first = await startServer({ room: { snapshot: () => ({ messages: ['first'] }) } })
    const { client } = connectToLobby(first.url)
    const state = client.room(lobby).state(
      (lines, event) => {
        switch (event.type) {
          case 'snapshot':
            return [...lines, ...event.data.messages]
          case 'gap':
            return [...lines, event.data.reason]
          case 'message':
            return [...lines, event.data.sentAt.getTime()]
          case 'typing':
            return lines
        }
      },
      { initial: ['initial'] as (string | number)[] },
    )
    void state.ready
    expect([state.value, state.isCurrent]).toEqual([['initial'], false])
    await until(() => state.isCurrent, 'the snapshot had come')
    await first.tidings.emit.room(lobby).message({ text: 'hi', sentAt: new Date(7) })
    await until(() => state.value.length === 3, 'the event had come')
    await first.stop()
    await startServer({ room: { snapshot: () => ({ messages: ['second'] }) } }, { port: first.port })
    await until(() => state.value.length === 5, 'the gap and the fresh snapshot had come')
    expect(state.value).toEqual(['initial', 'first', 7, 'history_lost', 'second'])
  })

  it('keeps its value and reports the error when its reducer throws, and continues', async () => {
    const { tidings, url } = await startServer()
    const { client, reports } = connectToLobby(url)
    const state = client.room(lobby).state((room, event) => {
      if (event.type !== 'typing') return room
      if (event.data === 'bad') throw new Error('bug in the page')
      return { messages: [...room.messages, event.data] }
    })
    void state.ready
    await until(() => state.isCurrent, 'the snapshot had come')
    for (const author of ['ada', 'bad', 'bob']) await tidings.emit.room(lobby).typing(author)
    await until(() => state.value?.messages.length === 2, 'the others had come')
    expect(state.value).toEqual({ messages: ['ada', 'bob'] })
    expect(reports).toHaveLength(1)
    expect(reports[0]?.[0].cause).toEqual(new Error('bug in the page'))
    expect(reports[0]?.[1]).toEqual({ channel: 'room', topic: 'roomId=lobby', event: 'typing' })
  })

  it('is not current, and folds no event, after its reducer threw at the snapshot', async () => {
    const { tidings, url } = await startServer()
    const { client, reports } = connectToLobby(url)
    const types: string[] = []
    const state = client.room(lobby).state(
      (count: number, event) => {
        types.push(event.type)
        if (event.type === 'snapshot') throw new Error('bug in the page')
        return count + 1
      },
      { initial: 1 },
    )
    void state.ready
    const got: string[] = []
    client.room(lobby).on('typing', (author) => got.push(author))
    await until(() => reports.length === 1, 'the reducer had thrown')
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await tidings.emit.room(lobby).typing('ada')
    await until(() => got.length === 1, 'the event had come')
    expect([state.value, state.isCurrent, types]).toEqual([1, false, ['snapshot']])
  })

  it('continues when an observer throws or leaves', async () => {
    const { tidings, url } = await startServer()
    const own = connectToLobby(url)
    const state = own.ticks()
    const got: string[] = []
    const note = () => got.push('same')
    state.on('change', () => {
      throw new Error('bug in the page')
    })
    const stops = [
      state.on('change', () => {
        got.push('first')
        for (const stop of stops) stop()
      }),
      state.on('change', () => got.push('never')),
      state.on('change', note),
    ]
    state.on('change', note)
    state.on('change', () => got.push('signalled'), { signal: AbortSignal.abort() })
    await open(own)
    await tidings.emit.ticks().tick(1)
    await until(() => got.length === 2, 'all were notified')
    await tidings.emit.ticks().tick(2)
    await until(() => got.length === 3, 'the remaining one was notified again')
    expect(got).toEqual(['first', 'same', 'same'])
    expect(own.reports.map(([{ cause }]) => cause)).toEqual(Array(2).fill(new Error('bug in the page')))
  })

  it('ends with close, `using`, its signal and the client, and keeps its value', async () => {
    const { tidings, url } = await startServer()
    const own = connectToLobby(url)
    const abort = new AbortController()
    const states = { closed: own.typed(), aborted: own.typed(abort.signal), kept: own.typed() }
    const changes = { closed: changesOf(states.closed), aborted: changesOf(states.aborted) }
    const last = changesOf(states.kept)
    {
      using used = own.ticks()
      await until(() => Object.values(states).every((state) => state.isCurrent), 'all had begun')
      await until(() => tidings.stats().subscriptions === 2, 'both topics were carried')
      expect(used.isCurrent).toBe(true)
    }
    await until(() => tidings.stats().subscriptions === 1, 'the block had ended one')
    states.closed.close()
    states.closed.close()
    abort.abort()
    expect([states.closed.isCurrent, states.aborted.isCurrent]).toEqual([false, false])
    await tidings.emit.room(lobby).typing('ada')
    await until(() => last.length === 2, 'the remaining one was notified')
    expect(states.closed.value).toEqual({ messages: [] })
    expect(states.aborted.value).toEqual({ messages: [] })
    expect([changes.closed.length, changes.aborted.length]).toEqual([1, 1])
    own.client.close()
    expect([states.kept.value, states.kept.isCurrent]).toEqual([{ messages: ['ada'] }, false])
    await until(() => last.length === 3, 'the end was announced')
    const late = own.ticks()
    for (const observe of [() => late.on('change', () => {}), () => late.subscribe(() => {})]) {
      expect(observe).toThrow(expect.objectContaining({ code: 'closed' }))
    }
    await expect(late.ready).rejects.toMatchObject({
      code: 'closed',
      message: expect.stringContaining('Create another one'),
    })
    expect(own.reports).toEqual([])
  })

  it('does not notify of a change when it is closed in the same turn', async () => {
    const { tidings, url } = await startServer()
    const own = connectToLobby(url)
    const state = own.ticks()
    const changes = changesOf(state)
    own.client.ticks().on('tick', () => state.close())
    await open(own)
    await tidings.emit.ticks().tick(1)
    await until(() => !state.isCurrent, 'it was closed')
    await new Promise((resolve) => setTimeout(resolve))
    expect(changes).toEqual([])
    expect(state.value).toEqual([1])
  })

  it('does not begin when its signal has already fired', async () => {
    const { url, requests } = await startServer()
    const { client, typed } = connectToLobby(url)
    const connections: string[] = []
    client.connection.on('change', ({ status }) => connections.push(status))
    const state = typed(AbortSignal.abort())
    expect([state.value, state.isCurrent]).toEqual([undefined, false])
    expect([connections, requests]).toEqual([[], []])
  })

  it('is not kept by its signal when it has ended', async () => {
    const { url } = await startServer({
      room: { authorize: () => false, snapshot: () => ({ messages: [] }) },
    })
    const { typed, reports } = connectToLobby(url)
    const { signal } = new AbortController()
    const closed = (() => {
      const state = typed(signal)
      state.close()
      return new WeakRef(state)
    })()
    const refused = new WeakRef(typed(signal))
    await until(() => reports.length === 1, 'the topic was refused')
    await until(() => {
      gc?.()
      return closed.deref() === undefined && refused.deref() === undefined
    }, 'both states were collected')
    expect(signal.aborted).toBe(false)
  })

  it("shares the topic's subscription with all others, also when it begins late", async () => {
    const messages: string[] = []
    const { tidings, url } = await startServer({ room: { snapshot: () => ({ messages: [...messages] }) } })
    const { client, typed } = connectToLobby(url)
    const emit = async (author: string) => {
      messages.push(author)
      await tidings.emit.room(lobby).typing(author)
    }
    const seen: string[] = []
    client.room(lobby).on('typing', (author) => seen.push(author))
    const both = [typed(), typed()]
    await until(() => both.every((state) => state.isCurrent), 'both had begun')
    await emit('ada')
    await until(() => seen.length === 1, 'the event had come')
    const late = typed()
    expect([late.value, late.isCurrent]).toEqual([undefined, false])
    await until(() => late.isCurrent, 'the late one had begun')
    await emit('bob')
    await until(() => seen.length === 2, 'the next event had come')
    for (const { value } of [...both, late]) expect(value).toEqual({ messages: ['ada', 'bob'] })
    await until(() => tidings.stats().connections === 1, 'only the shared wire was left')
  })

  it.each(['its own handler', 'onError'])('reports to %s when it is refused', async (who) => {
    const { url } = await startServer({
      room: { authorize: () => false, snapshot: () => ({ messages: [] }) },
    })
    const { typed, reports } = connectToLobby(url)
    const state = typed()
    const changes = changesOf(state)
    const problems: TidingsError[] = []
    if (who === 'its own handler') state.on('error', (problem) => problems.push(problem))
    await until(() => problems.length + reports.length > 0, 'it was refused')
    expect([problems.length, reports.length]).toEqual(who === 'onError' ? [0, 1] : [1, 0])
    expect(problems[0] ?? reports[0]?.[0]).toMatchObject({ code: 'forbidden', status: 403 })
    expect([state.value, state.isCurrent, changes]).toEqual([undefined, false, []])
  })

  it('keeps its value, and is no longer current, when it is refused after a reconnect', async () => {
    let isOpen = true
    const { url, cut } = await startServer({
      room: { authorize: () => isOpen, snapshot: () => ({ messages: ['old'] }) },
    })
    const state = connectToLobby(url).typed()
    const log: unknown[] = []
    state.on('change', (value) => log.push([state.isCurrent, value]))
    state.on('error', ({ code }, { isFinal }) => log.push([code, isFinal]))
    await until(() => state.isCurrent, 'it had begun')
    isOpen = false
    cut()
    await until(() => log.length === 3, 'it was refused')
    expect(log).toEqual([
      [true, { messages: ['old'] }],
      ['forbidden', true],
      [false, { messages: ['old'] }],
    ])
  })
})
