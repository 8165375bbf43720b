import { pause, until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { connect, startServer } from './harness.js'
import { scriptedServer } from './scripted-server.js'

const lobby = { roomId: 'lobby' }
const nothing = () => {}

/** A server whose rooms begin with a message that is numbered, and a client with a state of the lobby. */
async function startLobby() {
  let snapshots = 0
  let isAdmitted = true
  const server = await startServer({
    room: {
      authorize: () => isAdmitted,
      snapshot: () => {
        snapshots += 1
        return { messages: [`snapshot ${snapshots}`] }
      },
    },
  })
  const own = connect(server.url)
  const state = own.client
    .room(lobby)
    .state((room, event) => (event.type === 'typing' ? { messages: [...room.messages, event.data] } : room))
  const type = (author: string) => server.tidings.emit.room(lobby).typing(author)
  const subscriptions = (count: number) =>
    until(() => server.tidings.stats().subscriptions === count, `${count} subscriptions were left`)
  const admit = (is: boolean) => {
    isAdmitted = is
  }
  return { ...server, ...own, state, type, subscriptions, admit, snapshots: () => snapshots }
}

describe('the state of a topic', () => {
  it('makes no request before it is observed', async () => {
    const { state, client, requests } = await startLobby()
    expect([state.value, state.isCurrent, state.error]).toEqual([undefined, false, undefined])
    await pause(20)
    expect([requests, client.connection.state.status]).toEqual([[], 'idle'])
    state.close()
    state.on('change', nothing)
    await expect(state.ready).rejects.toMatchObject({ code: 'aborted' })
    expect(requests).toEqual([])
  })

  it.each(['subscribe', 'on', 'ready'] as const)('is begun by %s, with one subscription', async (way) => {
    const { state, subscriptions } = await startLobby()
    if (way === 'subscribe') state.subscribe(nothing)
    else if (way === 'on') state.on('error', nothing)
    else await state.ready
    await until(() => state.isCurrent, 'the snapshot had come')
    await subscriptions(1)
    state.close()
    await subscriptions(0)
    expect([state.value, state.isCurrent]).toEqual([{ messages: ['snapshot 1'] }, false])
  })

  it('is a store: calls its subscriber at once, and with each change', async () => {
    const { state, type, subscriptions } = await startLobby()
    const seen: unknown[] = []
    const unsubscribe = state.subscribe((value) => seen.push(value?.messages.at(-1)))
    expect(seen).toEqual([undefined])
    await until(() => seen.length === 2, 'the snapshot had come')
    await type('ada')
    await until(() => seen.length === 3, 'the event had come')
    unsubscribe()
    unsubscribe()
    await type('bob')
    await subscriptions(0)
    expect(seen).toEqual([undefined, 'snapshot 1', 'ada'])
  })

  it('keeps its subscription when an observer leaves and another comes in the same turn', async () => {
    const { state, type, requests } = await startLobby()
    state.subscribe(nothing)()
    const stop = state.on('change', nothing)
    await until(() => state.isCurrent, 'the snapshot had come')
    const before = requests.length
    stop()
    state.on('change', nothing)
    await type('ada')
    await until(() => state.value?.messages.length === 2, 'the event had come')
    expect(requests.length).toBe(before)
  })

  it('continues from its value with the next observer, without another snapshot', async () => {
    const { state, type, subscriptions, snapshots } = await startLobby()
    const stop = state.on('change', nothing)
    await until(() => state.isCurrent, 'the snapshot had come')
    await type('ada')
    await until(() => state.value?.messages.length === 2, 'the event had come')
    stop()
    await subscriptions(0)
    await type('bob')
    await pause(20)
    expect([state.value?.messages.length, state.isCurrent]).toEqual([2, true])
    state.on('change', nothing)
    await type('eve')
    await until(() => state.value?.messages.length === 4, 'what was missed had come')
    expect(state.value).toEqual({ messages: ['snapshot 1', 'ada', 'bob', 'eve'] })
    expect(snapshots()).toBe(1)
  })

  it('continues without a gap on a channel without a snapshot', async () => {
    const { tidings, client, subscriptions } = await startLobby()
    const state = client
      .ticks()
      .state((all, { type, data }) => [...all, type === 'gap' ? data.reason : data], {
        initial: [] as (number | string)[],
      })
    const stop = state.on('change', nothing)
    await state.ready
    stop()
    await subscriptions(0)
    await tidings.emit.ticks().tick(1)
    const again = state.on('change', nothing)
    await until(() => state.value.length === 1, 'what was missed had come')
    again()
    await subscriptions(0)
    await tidings.emit.ticks().tick(2)
    state.on('change', nothing)
    await until(() => state.value.length === 2, 'what was missed had come')
    expect(state.value).toEqual([1, 2])
  })

  it('begins with a gap and a snapshot when another subscriber is ahead of its value', async () => {
    const { state, type, client, subscriptions } = await startLobby()
    const stop = state.on('change', nothing)
    await until(() => state.isCurrent, 'the snapshot had come')
    stop()
    await subscriptions(0)
    const heard: string[] = []
    await client.room(lobby).on('typing', (author) => heard.push(author)).ready
    await type('ada')
    await until(() => heard.length === 1, 'the event had come')
    const seen: unknown[] = []
    state.subscribe((value) => seen.push([state.isCurrent, value?.messages]))
    // The second one began the topic for the other subscriber.
    await until(() => state.value?.messages[0] === 'snapshot 3', 'a fresh snapshot had come')
    expect(seen).toEqual([
      [false, ['snapshot 1']],
      [false, ['snapshot 1']],
      [true, ['snapshot 3']],
    ])
    await type('bob')
    await until(() => state.value?.messages.length === 2, 'the next event had come')
    expect(state.value).toEqual({ messages: ['snapshot 3', 'bob'] })
  })

  it('announces what it missed on a channel without a snapshot while another subscriber was ahead', async () => {
    const { tidings, client, subscriptions } = await startLobby()
    const state = client
      .ticks()
      .state((all, { type, data }) => [...all, type === 'gap' ? data.reason : data], {
        initial: [] as (number | string)[],
      })
    const stop = state.on('change', nothing)
    await state.ready
    stop()
    await subscriptions(0)
    const heard: number[] = []
    await client.ticks().on('tick', (n) => heard.push(n)).ready
    await tidings.emit.ticks().tick(1)
    await until(() => heard.length === 1, 'the event had come')
    state.on('change', nothing)
    await tidings.emit.ticks().tick(2)
    await until(() => state.value.length === 2, 'the event had come')
    expect(state.value).toEqual(['late', 2])
  })

  it('receives only what it does not include when its value is ahead of another subscriber', async () => {
    const { origin, operations, send, asked, accept } = await scriptedServer()
    const { client } = connect(origin)
    const key = 'room?roomId=lobby'
    const state = client
      .room(lobby)
      .state((room, event) => (event.type === 'typing' ? { messages: [...room.messages, event.data] } : room))
    const stop = state.on('change', nothing)
    await asked(1)
    accept(key, 'e')
    send('$snapshot', 'e.3', { messages: ['snapshot'] })
    await until(() => state.isCurrent, 'the snapshot had come')
    stop()
    await asked(2)
    const typed: string[] = []
    client.room(lobby).on('typing', (author) => typed.push(author))
    await asked(3)
    expect(operations).toEqual([{ subscribe: key }, { unsubscribe: key }, { subscribe: key }])
    accept(key, 'e', 'e.1')
    send('typing', 'e.2', 'ada')
    await until(() => typed.length === 1, 'the event had come')
    state.on('change', nothing)
    send('typing', 'e.3', 'bob')
    send('typing', 'e.4', 'eve')
    await until(() => typed.length === 3, 'the events had come')
    expect([state.value, state.isCurrent]).toEqual([{ messages: ['snapshot', 'eve'] }, true])
    expect(operations).toHaveLength(3)
  })

  it('has the error of a refusal, and subscribes again with the next observer', async () => {
    const { state, admit, tidings } = await startLobby()
    admit(false)
    const seen: unknown[] = []
    const stop = state.subscribe(() => seen.push(state.error?.code))
    state.on('error', nothing)
    await until(() => state.error !== undefined, 'it was refused')
    expect(state.isCurrent).toBe(false)
    await until(() => seen.length === 2, 'the refusal was announced')
    expect(seen).toEqual([undefined, 'forbidden'])
    admit(true)
    stop()
    state.on('change', nothing)
    await until(() => state.isCurrent, 'it was admitted')
    expect([state.error, tidings.stats().subscriptions]).toEqual([undefined, 1])
  })

  it('is current again after a refusal when it continues from its value', async () => {
    const { state, admit, cut, type, snapshots } = await startLobby()
    state.on('error', nothing)
    await until(() => state.isCurrent, 'the snapshot had come')
    admit(false)
    cut()
    await until(() => state.error?.code === 'forbidden', 'it was refused')
    expect(state.isCurrent).toBe(false)
    admit(true)
    await type('ada')
    state.on('change', nothing)
    await until(() => state.value?.messages.length === 2, 'what was missed had come')
    expect([state.value, state.isCurrent, state.error]).toEqual([
      { messages: ['snapshot 1', 'ada'] },
      true,
      undefined,
    ])
    expect(snapshots()).toBe(1)
  })

  it('has no error any more when a topic that was refused for now is live', async () => {
    const { origin, operations, send, accept } = await scriptedServer({
      refuse: () =>
        operations.length === 0
          ? { type: 'about:blank', title: 'Unavailable', status: 503, code: 'unavailable' }
          : undefined,
    })
    const { client, reports } = connect(origin)
    const state = client.ticks().state((count: number) => count + 1, { initial: 0 })
    const codes: unknown[] = []
    state.subscribe(() => codes.push(state.error?.code))
    await until(() => operations.length === 2, 'it was requested again')
    expect([state.error?.code, state.isCurrent, reports.length]).toEqual(['unavailable', true, 1])
    accept('ticks', 'e', 'e.0')
    send('tick', 'e.1', 1)
    await until(() => state.value > 0, 'the event had come')
    expect(state.error).toBe(undefined)
    expect(codes.slice(0, 3)).toEqual([undefined, 'unavailable', undefined])
  })

  it('continues on the connection that tabs share', async () => {
    const { url, tidings, snapshots } = await startLobby()
    const { client } = connect(url, { share: true })
    const state = client
      .room(lobby)
      .state((room, event) => (event.type === 'typing' ? { messages: [...room.messages, event.data] } : room))
    const stop = state.on('change', nothing)
    await until(() => state.isCurrent, 'the snapshot had come')
    stop()
    await until(() => tidings.stats().subscriptions === 0, 'it was unsubscribed')
    await tidings.emit.room(lobby).typing('ada')
    state.on('change', nothing)
    await until(() => state.value?.messages.length === 2, 'what was missed had come')
    expect(snapshots()).toBe(1)
  })
})

/** A run that waits for `next()` before each of its numbers, and ends after the third. */
async function startCounting(lingerMs = 0) {
  let advance = () => {}
  const counted = { started: 0, running: 0 }
  const server = await startServer({
    count: {
      lingerMs,
      run: async function* ({ signal }) {
        counted.started += 1
        counted.running += 1
        try {
          for (let data = 1; data <= 3; data += 1) {
            await new Promise<void>((resolve) => {
              advance = resolve
              signal.addEventListener('abort', () => resolve())
            })
            if (signal.aborted) break
            yield { type: 'number', data } as const
          }
        } finally {
          counted.running -= 1
        }
        return { total: 6 }
      },
    },
  })
  const own = connect(server.url)
  const numbersOf = (run: ReturnType<typeof own.client.count>) =>
    run.state((all, { data }) => [...all, data], { initial: [] as number[] })
  return { ...server, ...own, counted, numbersOf, next: () => advance() }
}

describe('the state of a run', () => {
  it('makes no request for an attached run before it is observed, and then reads it from the beginning', async () => {
    const { client, numbersOf, next, requests, counted } = await startCounting(Number.POSITIVE_INFINITY)
    const run = client.count({ to: 3 })
    const first = numbersOf(run)
    await until(() => counted.running === 1, 'it ran')
    next()
    first.on('change', nothing)
    await until(() => first.value.length === 1, 'the first number had come')
    const before = requests.length
    const other = numbersOf(client.count.attach(run.id))
    await pause(20)
    expect([requests.length, other.value]).toEqual([before, []])
    const seen: unknown[] = []
    other.subscribe((value) => seen.push(value))
    await until(() => other.value.length === 1, 'the first number had come again')
    expect(seen[0]).toEqual([])
    while (counted.running > 0) {
      next()
      await pause(1)
    }
    await until(() => first.status === 'done' && other.status === 'done', 'both had ended')
    expect([first.value, other.value, other.output]).toEqual([[1, 2, 3], [1, 2, 3], { total: 6 }])
  })

  it('does not end its run when an observer leaves and another comes in the same turn', async () => {
    const { client, numbersOf, next, counted } = await startCounting()
    const state = numbersOf(client.count({ to: 3 }))
    state.subscribe(nothing)()
    const stop = state.subscribe(nothing)
    await until(() => counted.running === 1, 'it ran')
    next()
    await until(() => state.value.length === 1, 'the first number had come')
    stop()
    state.subscribe(nothing)
    while (counted.running > 0) {
      next()
      await pause(1)
    }
    await until(() => state.status === 'done', 'it had ended')
    expect([state.value, counted.started]).toEqual([[1, 2, 3], 1])
  })

  it('detaches from its run when the last observer leaves, which ends it', async () => {
    const { client, numbersOf, counted } = await startCounting()
    const run = client.count({ to: 3 })
    const state = numbersOf(run)
    const stop = state.subscribe(nothing)
    await until(() => counted.running === 1, 'it ran')
    stop()
    await until(() => counted.running === 0, 'the server had ended it')
    expect(state.status).toBe('running')
    await expect(run.output).rejects.toMatchObject({ code: 'aborted' })
    state.subscribe(nothing)
    await until(() => state.status === 'failed', 'the end had come')
    expect(state.error?.code).toBe('cancelled')
  })

  it('continues from its value with the next observer, if the run goes on without readers', async () => {
    const { client, numbersOf, next, counted, tidings } = await startCounting(Number.POSITIVE_INFINITY)
    const state = numbersOf(client.count({ to: 3 }))
    const stop = state.on('change', nothing)
    await until(() => counted.running === 1, 'it ran')
    next()
    await until(() => state.value.length === 1, 'the first number had come')
    stop()
    await until(() => tidings.stats().subscriptions === 0, 'it had detached')
    while (counted.running > 0) {
      next()
      await pause(1)
    }
    expect([state.value, state.status]).toEqual([[1], 'running'])
    state.on('change', nothing)
    await until(() => state.status === 'done', 'the rest had come')
    expect([state.value, state.output]).toEqual([[1, 2, 3], { total: 6 }])
  })

  it('holds its run until it is closed, also if it is never observed', async () => {
    const { client, numbersOf, counted } = await startCounting()
    const run = client.count({ to: 3 })
    const [kept, closed] = [numbersOf(run), numbersOf(run)]
    await until(() => counted.running === 1, 'it ran')
    closed.close()
    expect([closed.status, closed.error?.code]).toEqual(['failed', 'aborted'])
    await client.ping()
    expect(counted.running).toBe(1)
    kept.close()
    await until(() => counted.running === 0, 'the server had ended it')
  })

  it('has the error of a run that could not be started, for every state', async () => {
    const { client, numbersOf, requests } = await startCounting()
    const run = client.count({ to: -1 })
    const states = [numbersOf(run), numbersOf(run), numbersOf(client.count.attach('../send'))]
    for (const state of states) state.subscribe(nothing)
    await until(() => states.every(({ status }) => status === 'failed'), 'all had failed')
    expect(states.map(({ error }) => error?.code)).toEqual(Array(3).fill('invalid_input'))
    client.close()
    const late = numbersOf(client.count.attach('0123456789abcdef0123456789abcdef'))
    late.subscribe(nothing)
    await until(() => late.status === 'failed', 'it had failed')
    expect([late.error?.code, requests]).toEqual(['closed', []])
  })
})
