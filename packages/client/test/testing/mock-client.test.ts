import { channel, command, defineContract, isoDate, stream, TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import * as z from 'zod'
import { type MockAnswers, mockClient } from '../../src/testing.js'

const contract = defineContract({
  room: channel({
    params: { roomId: z.string() },
    snapshot: z.object({ messages: z.array(z.string()) }),
    events: { message: z.object({ text: z.string(), sentAt: isoDate }), cleared: undefined },
  }),
  ticks: channel({ events: { tick: z.number().int() } }),
  chat: {
    send: command({
      input: z.object({ text: z.string(), urgent: z.boolean().default(false) }),
      output: z.object({ sentAt: isoDate }),
      errors: { muted: z.object({ until: isoDate }), full: undefined },
    }),
    ping: command(),
  },
  complete: stream({
    input: z.object({ prompt: z.string() }),
    events: { token: z.string(), thinking: undefined },
    output: z.object({ tokens: z.number(), at: isoDate }),
    errors: { busy: z.object({ until: isoDate }) },
  }),
})

const lobby = { roomId: 'lobby' }
const at = new Date(1_000)
const unauthorized = new TidingsError({ code: 'unauthorized', message: 'Sign in' })

afterEach(() => {
  vi.useRealTimers()
})

function mocked(answers?: MockAnswers<typeof contract>) {
  return mockClient(contract, answers)
}

/** Records everything that a topic brings. */
function record(topic: ReturnType<ReturnType<typeof mocked>['client']['room']>) {
  const seen: unknown[] = []
  const subscription = topic.subscribe({
    snapshot: ({ messages }) => seen.push(['snapshot', ...messages]),
    message: ({ text }) => seen.push(text),
    cleared: () => seen.push('cleared'),
    gap: ({ reason }) => seen.push(['gap', reason]),
    error: ({ code }, { isFinal }) => seen.push([code, isFinal]),
  })
  return { seen, subscription }
}

describe('topics', () => {
  it('receive what the test sends: snapshot first, events in order, gaps, and values as the contract has them', async () => {
    using mock = mocked()
    const { seen } = record(mock.client.room(lobby))
    const emit = mock.emit.room(lobby)
    await emit.snapshot({ messages: ['first'] })
    await emit.message({ text: 'second', sentAt: at })
    await emit.cleared()
    await emit.gap()
    await emit.snapshot({ messages: ['third'] })
    await emit.message({ text: 'fourth', sentAt: at })
    expect(seen).toEqual([
      ['snapshot', 'first'],
      'second',
      'cleared',
      ['gap', 'expired'],
      ['snapshot', 'third'],
      'fourth',
    ])
    const dates: Date[] = []
    const stop = mock.client.room(lobby).on('message', ({ sentAt }) => dates.push(sentAt))
    await emit.message({ text: 'dated', sentAt: at })
    expect(dates).toEqual([at])
    stop()
    expect(mock.topics).toEqual(['room?roomId=lobby'])
  })

  it('receive what is sent in one turn together, as from a server, for one render', async () => {
    using mock = mocked()
    const ticks = mock.client.ticks().state((sum: number, { type }) => sum + (type === 'tick' ? 1 : 0), {
      initial: 0,
    })
    const changes: number[] = []
    ticks.on('change', (count) => changes.push(count))
    await mock.emit.ticks().tick(1)
    await Promise.all(Array.from({ length: 50 }, () => mock.emit.ticks().tick(1)))
    expect(changes).toEqual([1, 51])
    const last = mock.emit.ticks().tick(1)
    await mock.network.refuse(unauthorized)
    await last
    expect(ticks.value).toBe(52)
  })

  it('wait with events for the subscription and its snapshot, whichever comes first', async () => {
    using mock = mocked()
    const sent = mock.emit.room(lobby).message({ text: 'early', sentAt: at })
    const snapshot = mock.emit.room(lobby).snapshot({ messages: [] })
    const { seen } = record(mock.client.room(lobby))
    await Promise.all([sent, snapshot])
    expect(seen).toEqual([['snapshot'], 'early'])
  })

  it('take snapshots from an answer: at the beginning, after a gap and for later subscribers', async () => {
    let count = 0
    using mock = mocked({ room: ({ roomId }) => ({ messages: [`${roomId} ${++count}`] }) })
    const first = record(mock.client.room(lobby))
    await mock.emit.room(lobby).message({ text: 'hello', sentAt: at })
    await mock.emit.room(lobby).gap('history_lost')
    const second = record(mock.client.room(lobby))
    await second.subscription.ready
    await until(() => second.seen.length === 1, 'the second had its snapshot')
    expect(first.seen).toEqual([
      ['snapshot', 'lobby 1'],
      'hello',
      ['gap', 'history_lost'],
      ['snapshot', 'lobby 2'],
    ])
    expect(second.seen).toEqual([['snapshot', 'lobby 3']])
  })

  it('send no old snapshot to a subscriber that joins later, but the next that the test sends', async () => {
    using mock = mocked()
    const first = record(mock.client.room(lobby))
    await mock.emit.room(lobby).snapshot({ messages: ['one'] })
    await mock.emit.room(lobby).message({ text: 'two', sentAt: at })
    const second = record(mock.client.room(lobby))
    await mock.settle()
    expect(second.seen).toEqual([])
    await mock.emit.room(lobby).snapshot({ messages: ['one', 'two'] })
    expect(second.seen).toEqual([['snapshot', 'one', 'two']])
    expect(first.seen).toEqual([['snapshot', 'one'], 'two'])
    const third = record(mock.client.room(lobby))
    await mock.settle()
    expect(third.seen).toEqual([['snapshot', 'one', 'two']])
  })

  it('begin again with the last snapshot and what followed it', async () => {
    using mock = mocked()
    const first = record(mock.client.room(lobby))
    await mock.emit.room(lobby).snapshot({ messages: ['one'] })
    await mock.emit.room(lobby).message({ text: 'two', sentAt: at })
    first.subscription()
    await mock.settle()
    expect(mock.topics).toEqual([])
    const second = record(mock.client.room(lobby))
    await mock.emit.room(lobby).message({ text: 'three', sentAt: at })
    expect(second.seen).toEqual([['snapshot', 'one'], 'two', 'three'])
  })

  it('are refused by the test: for good, or for a while', async () => {
    using mock = mocked()
    const { seen, subscription } = record(mock.client.room(lobby))
    const refused = expect(subscription.ready).rejects.toMatchObject({ code: 'forbidden' })
    mock.on.room(() => {
      throw new TidingsError({ code: 'forbidden' })
    })
    await refused
    mock.on.room(() => ({ messages: [] }))
    const later = record(mock.client.room(lobby))
    await mock.emit
      .room(lobby)
      .error(new TidingsError({ code: 'unavailable', message: 'Later', retryAfterMs: 1 }))
    await mock.emit.room(lobby).message({ text: 'back', sentAt: at })
    expect(seen).toEqual([['forbidden', true]])
    expect(later.seen).toEqual([['snapshot'], ['unavailable', false], 'back'])
  })

  it('resume after the network was cut, without a loss', async () => {
    using mock = mocked()
    const ticks: number[] = []
    mock.client.ticks().on('tick', (tick) => ticks.push(tick))
    await mock.emit.ticks().tick(1)
    await mock.network.cut()
    expect(mock.client.connection.state.status).toBe('waiting')
    expect(mock.topics).toEqual([])
    await expect(mock.client.chat.ping({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'network' })
    const missed = mock.emit.ticks().tick(2)
    await mock.network.restore()
    await missed
    expect(ticks).toEqual([1, 2])
    expect(mock.client.connection.state.status).toBe('open')
  })

  it('end when the connection is refused', async () => {
    using mock = mocked()
    const { seen } = record(mock.client.room(lobby))
    await mock.emit.room(lobby).snapshot({ messages: [] })
    await mock.network.refuse(unauthorized)
    await until(() => mock.client.connection.state.status === 'closed', 'the client had given up')
    expect(seen.at(-1)).toEqual(['unauthorized', true])
  })

  it('go on under fake timers', async () => {
    vi.useFakeTimers()
    using mock = mocked({ chat: { ping: () => {} } })
    const { seen } = record(mock.client.room(lobby))
    await mock.emit.room(lobby).snapshot({ messages: [] })
    await mock.client.chat.ping()
    expect(seen).toEqual([['snapshot']])
  })
})

describe('calls', () => {
  it('are answered by the test, typed and through the contract, and are recorded', async () => {
    using mock = mocked({ chat: { ping: () => {} } })
    mock.on.chat.send((input, { fail }) => {
      expectTypeOf(input).toEqualTypeOf<{ text: string; urgent: boolean }>()
      if (input.text === 'spam') throw fail('muted', { until: at })
      if (input.text === 'many') throw fail('full')
      return { sentAt: at }
    })
    const { chat } = mock.client
    expect(await chat.send({ text: 'hello' })).toEqual({ sentAt: at })
    await expect(chat.send({ text: 'spam' })).rejects.toMatchObject({ code: 'muted', data: { until: at } })
    await expect(chat.send({ text: 'many' })).rejects.toMatchObject({ code: 'full', status: 422 })
    await chat.ping()
    expect(mock.calls.chat.send).toEqual([
      { text: 'hello', urgent: false },
      { text: 'spam', urgent: false },
      { text: 'many', urgent: false },
    ])
    expect(mock.calls.chat.ping).toHaveLength(1)
    mock.on.chat.send(() => new Promise(() => {}))
    const abort = new AbortController()
    const pending = chat.send({ text: 'never' }, { signal: abort.signal })
    abort.abort()
    await expect(pending).rejects.toMatchObject({ code: 'aborted' })
  })

  it('without an answer fail with what to write, and fail the test', async () => {
    const mock = mocked()
    const message =
      'chat.send was called, and the mock has no answer. Write mock.on.chat.send(async (input) => …), or give it to mockClient(contract, { … })'
    await expect(mock.client.chat.send({ text: 'hello' })).rejects.toThrow(message)
    expect(() => mock.close()).toThrow(message)
  })

  it('whose answer does not fit or throws fail the test, unless it expects that', async () => {
    const mock = mocked({ chat: { send: () => ({ sentAt: 'today' }) as never } })
    await expect(mock.client.chat.send({ text: 'hello' })).rejects.toMatchObject({ code: 'internal' })
    mock.on.chat.send(() => {
      throw new Error('a bug')
    })
    const expected = mock.expectError('a bug')
    await expect(mock.client.chat.send({ text: 'hello' })).rejects.toThrow("The mock's answer failed: a bug")
    expect(await expected).toEqual(new Error('a bug'))
    expect(() => mock.close()).toThrow('- in chat/send: invalid_output: the output of chat/send did not fit')
  })
})

describe('a run', () => {
  it('is carried on by hand if a newer one is over, and is cancelled when it is left', async () => {
    const mock = mocked()
    const [first, second] = [mock.client.complete({ prompt: 'a' }), mock.client.complete({ prompt: 'b' })]
    const seen = [first, second].map((run) => run.state((count: number) => count + 1, { initial: 0 }))
    for (const state of seen) state.subscribe(() => {})
    await mock.settle()
    await mock.run.complete().output({ tokens: 2, at })
    await mock.run.complete().emit.token('x')
    await mock.settle()
    expect(seen.map(({ value, status }) => [value, status])).toEqual([
      [1, 'running'],
      [0, 'done'],
    ])
    seen[0]?.close()
    await mock.settle()
    await expect(mock.client.complete.attach(first.id).output).rejects.toMatchObject({ code: 'cancelled' })
    mock.close()
  })

  it('is over when the mock has settled, however many events its answer has', async () => {
    const mock = mocked()
    mock.on.complete(async function* () {
      for (let n = 0; n < 50; n += 1) yield { type: 'token', data: String(n) } as const
      return { tokens: 50, at }
    })
    const state = mock.client.complete({ prompt: 'a' }).state((count: number) => count + 1, { initial: 0 })
    state.subscribe(() => {})
    await mock.settle()
    expect([state.value, state.status]).toEqual([50, 'done'])
    mock.close()
  })

  it('whose answer never ends does not keep the mock from settling, and ends with it', async () => {
    const mock = mocked()
    let isOver = false
    mock.on.complete(async function* () {
      try {
        for (;;) yield { type: 'token', data: 'x' } as const
      } finally {
        isOver = true
      }
    })
    const state = mock.client.complete({ prompt: 'a' }).state((count: number) => count + 1, { initial: 0 })
    state.subscribe(() => {})
    await mock.settle()
    expect(state.value).toBeGreaterThan(100)
    mock.close()
    await until(() => isOver, 'the answer had ended')
  })
})

describe('a failure that a server would not send', () => {
  const unfit = 'x' as never
  const misfit = 'invalid_output: the data of error "muted" of chat/send did not fit'

  it('of a call, because its data does not fit or its code is not declared, is internal and fails the test', async () => {
    const mock = mocked()
    mock.on.chat.send((_, { fail }) => {
      throw fail('muted', { until: unfit })
    })
    await expect(mock.client.chat.send({ text: 'hello' })).rejects.toMatchObject({ code: 'internal' })
    mock.on.chat.send(() => {
      throw new TidingsError({ code: 'nope' })
    })
    await expect(mock.client.chat.send({ text: 'hello' })).rejects.toMatchObject({ code: 'internal' })
    await mock.expectError('chat.send does not declare the error "nope". Give one of muted, full')
    mock.on.chat.ping((_input, call) => {
      throw (call.fail as (code: string) => TidingsError)('nope')
    })
    await expect(mock.client.chat.ping()).rejects.toMatchObject({ code: 'internal' })
    await mock.expectError('chat.ping does not declare the error "nope". Give one that errors declares, or')
    expect(() => mock.close()).toThrow(misfit)
  })

  it('of a run fails the test, or throws where the run is carried on by hand', async () => {
    const mock = mocked()
    for (const problem of [{ code: 'busy', data: { until: unfit } }, { code: 'nope' }]) {
      // biome-ignore lint/correctness/useYield: the answer fails before its first event.
      mock.on.complete(async function* () {
        throw new TidingsError(problem)
      })
      await expect(mock.client.complete({ prompt: 'x' }).output).rejects.toMatchObject({ code: 'internal' })
    }
    await mock.expectError('invalid_output')
    await mock.expectError('complete does not declare the error "nope". Give one of busy')
    mock.on.complete(async function* () {
      yield await new Promise<never>(() => {})
      return { tokens: 0, at }
    })
    const { output } = mock.client.complete({ prompt: 'x' })
    await mock.settle()
    await expect(mock.run.complete().fail('busy', { until: unfit })).rejects.toThrow(
      'of complete did not fit',
    )
    await expect(mock.run.complete().error(new TidingsError({ code: 'nope' }))).rejects.toThrow('"nope"')
    await mock.run.complete().fail('busy', { until: at })
    await expect(output).rejects.toMatchObject({ code: 'busy' })
    mock.close()
  })

  it('of a topic fails the test, or throws where the test sends it', async () => {
    const mock = mocked()
    const nope = new TidingsError({ code: 'nope' })
    const failures = [nope, undefined, new Error('a bug')]
    mock.on.room(() => {
      const failure = failures.shift()
      if (failure) throw failure
      return { messages: [] }
    })
    const { seen, subscription } = record(mock.client.room(lobby))
    await subscription.ready
    await mock.expectError('room does not declare the error "nope". Give one of Tidings\' own')
    expect(() => mock.emit.room(lobby).error(nope)).toThrow('room does not declare the error "nope"')
    await mock.emit.room(lobby).gap()
    await mock.expectError('a bug')
    const isBegun = () => seen.length > 4 && String(seen.at(-1)) === 'snapshot'
    await until(isBegun, 'the topic had begun again')
    expect(seen.filter((each) => String(each).startsWith('internal'))).toHaveLength(2)
    await expect(mock.network.refuse(nope)).rejects.toThrow(
      'the connection does not declare the error "nope"',
    )
    mock.close()
  })
})

describe('runs', () => {
  /** Folds a run into its text, from now on. */
  const fold = (run: ReturnType<ReturnType<typeof mocked>['client']['complete']>) => {
    const state = run.state(reduce, { initial: '' })
    state.on('change', () => {})
    return state
  }
  const reduce = (text: string, event: { type: string; data?: unknown }) =>
    event.type === 'token' ? `${text}${String(event.data)} ` : text

  it('are carried on by an answer', async () => {
    using mock = mocked()
    mock.on.complete(async function* ({ prompt }, { id, fail }) {
      expectTypeOf(id).toBeString()
      for (const word of prompt.split(' ')) yield { type: 'token', data: word }
      yield { type: 'thinking' }
      if (prompt === 'busy') throw fail('busy', { until: at })
      return { tokens: 3, at }
    })
    const run = mock.client.complete({ prompt: 'to be or' })
    const events: unknown[] = []
    for await (const event of run) events.push(event)
    expect(events).toEqual([
      { type: 'token', data: 'to' },
      { type: 'token', data: 'be' },
      { type: 'token', data: 'or' },
      { type: 'thinking', data: undefined },
    ])
    expect(await run.output).toEqual({ tokens: 3, at })
    await expect(mock.client.complete({ prompt: 'busy' }).output).rejects.toMatchObject({
      code: 'busy',
      data: { until: at },
    })
    expect(mock.calls.complete).toEqual([{ prompt: 'to be or' }, { prompt: 'busy' }])
  })

  it('are carried on by hand, step by step', async () => {
    using mock = mocked()
    const state = fold(mock.client.complete({ prompt: 'to be' }))
    await mock.run.complete().emit.token('to')
    expect([state.value, state.status]).toEqual(['to ', 'running'])
    await mock.run.complete().emit.token('be')
    await mock.run.complete().output({ tokens: 2, at })
    expect([state.value, state.status, state.output]).toEqual(['to be ', 'done', { tokens: 2, at }])
    const failing = fold(mock.client.complete({ prompt: 'no' }))
    await mock.run.complete().fail('busy', { until: at })
    expect([failing.status, failing.error?.code]).toEqual(['failed', 'busy'])
    const gone = fold(mock.client.complete({ prompt: 'no' }))
    await mock.run.complete().error(new TidingsError({ code: 'interrupted' }))
    expect(gone.error?.code).toBe('interrupted')
    await expect(mock.run.complete().emit.token('late')).rejects.toThrow(
      'mock.run.complete: its last run is over, and complete was not called again',
    )
  })

  it('survive a lost connection, are attached to, and are cancelled', async () => {
    using mock = mocked()
    const run = mock.client.complete({ prompt: 'to be' })
    const state = fold(run)
    await mock.run.complete().emit.token('to')
    await mock.network.cut()
    await mock.run.complete().emit.token('be')
    await mock.network.restore()
    expect(state.value).toBe('to be ')
    const same = fold(mock.client.complete.attach(run.id))
    await until(() => same.value === 'to be ', 'the other reader had it all')
    await run.cancel()
    await until(() => state.status === 'failed', 'the run was cancelled')
    expect(state.error?.code).toBe('cancelled')
    const id = 'begun-elsewhere-0123456789'
    const others = mock.run.complete(id)
    const attached = fold(mock.client.complete.attach(id))
    await others.emit.token('hello')
    await until(() => attached.value === 'hello ', 'the attached reader had it')
    await expect(mock.client.complete.attach('x'.repeat(22)).output).rejects.toThrow(
      `Begin it in the test: mock.run.complete('${'x'.repeat(22)}')`,
    )
    attached.close()
  })

  it('that are left end their answer', async () => {
    using mock = mocked()
    const signals: AbortSignal[] = []
    mock.on.complete(async function* (_, { signal }) {
      signals.push(signal)
      yield { type: 'token', data: 'to' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { tokens: 1, at }
    })
    for await (const _ of mock.client.complete({ prompt: 'to be' })) break
    await until(() => signals[0]?.aborted === true, 'the answer had learned of it')
  })

  it('that nothing carries on, or whose answer throws, fail the test', async () => {
    const mock = mocked()
    await expect(mock.run.complete().emit.token('x')).rejects.toThrow(
      'mock.run.complete: complete was not called. Call it',
    )
    const waiting = mock.client.complete({ prompt: 'to be' })
    await mock.settle()
    expect(mock.calls.complete).toHaveLength(1)
    expect(() => mock.close()).toThrow('complete was called, and the mock has no answer: run')
    await expect(waiting.output).rejects.toMatchObject({ code: 'closed' })
    const failing = mocked({
      // biome-ignore lint/correctness/useYield: the answer fails before its first event.
      complete: async function* () {
        throw new Error('a bug')
      },
    })
    await expect(failing.client.complete({ prompt: 'x' }).output).rejects.toMatchObject({ code: 'internal' })
    expect(() => failing.close()).toThrow('- in complete: Error: a bug')
  })
})

describe('a mistake in a test is named', () => {
  it('a payload that does not fit, at the call', () => {
    using mock = mocked()
    expect(() => mock.emit.room(lobby).message({ text: 1, sentAt: at } as never)).toThrow(
      'room.message did not fit the schema: at text',
    )
    expect(() => mock.emit.room(lobby).snapshot({} as never)).toThrow('the snapshot of room did not fit')
    expect(() => mock.emit.room({} as never)).toThrow('the params of room did not fit')
    expect(() => mocked({ unknown: () => {} } as never)).toThrow('mockClient: the contract has no unknown')
    expect(() => mock.on.chat.ping('pong' as never)).toThrow('mock.on.chat.ping: the answer is pong')
    // @ts-expect-error a channel without a snapshot has none to send
    expect(mock.emit.ticks().snapshot).toBeUndefined()
  })

  it('a topic that the client does not subscribe to, and a snapshot that is missing or not due', async () => {
    using mock = mocked()
    record(mock.client.room(lobby))
    const [elsewhere, early] = await Promise.allSettled([
      mock.emit.room({ roomId: 'other' }).message({ text: 'x', sentAt: at }),
      mock.emit.room(lobby).message({ text: 'x', sentAt: at }),
    ])
    expect(elsewhere).toMatchObject({
      reason: {
        message:
          'mock.emit: the client does not subscribe to room?roomId=other. It subscribes to room?roomId=lobby',
      },
    })
    expect(early).toMatchObject({ reason: { message: expect.stringContaining('has no snapshot yet') } })
    await mock.emit.room(lobby).snapshot({ messages: [] })
    await expect(mock.emit.room(lobby).snapshot({ messages: [] })).rejects.toThrow('Write gap() first')
  })

  it('an error of a handler', async () => {
    const mock = mocked()
    mock.client.ticks().on('tick', () => {
      throw new Error('a bug')
    })
    await mock.emit.ticks().tick(1)
    expect(() => mock.close()).toThrow('- in ticks: internal: A handler of ticks threw: a bug')
  })
})
