import { channel, defineContract, stream } from '@tidings/core'
import { pause, until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { type ClientOptions, createClient, type ErrorContext } from '../src/index.js'
import { type Script, scriptedServer } from './scripted-server.js'

const contract = defineContract({
  ticks: channel({ events: { tick: z.number() } }),
  complete: stream({
    events: { token: z.string(), tool: z.enum(['search', 'read']) },
    output: z.object({ tokens: z.number() }),
    errors: { flagged: z.object({ why: z.string() }) },
  }),
})

/** A client of a scripted server. */
async function start(script: Script = {}, options: Pick<ClientOptions, 'timeoutMs' | 'fetch'> = {}) {
  const server = await scriptedServer(script)
  const reports: [code: string, message: string, at: ErrorContext][] = []
  const client = createClient(contract, {
    url: server.origin,
    reconnect: { minMs: 1, maxMs: 20 },
    onError: ({ code, message }, at) => reports.push([code, message, at]),
    ...options,
  })
  onTestFinished(() => client.close())
  let ticks = 0
  /** Waits for the connection that carries a topic. */
  const connected = async () => {
    client.ticks().on('tick', (n) => {
      ticks = n
    })
    await server.asked(1)
    server.accept('ticks', 't', 't.0')
    server.operations.length = 0
  }
  /** Waits until the client has received everything that was sent. */
  const received = async () => {
    const n = ticks + 1
    server.send('tick', `t.${n}`, n)
    await until(() => ticks === n, 'it had arrived')
  }
  /** Sends events of the run, in the epoch `r`. */
  const tokens = (from: number, to: number) => {
    for (let n = from; n <= to; n += 1) server.send('token', `r.${n}`, String(n))
  }
  const keyOf = ({ id }: { id: string }) => `complete?$run=${id}`
  const problem = (code: string, status: number, more: object = {}) => ({
    title: '',
    detail: code,
    code,
    status,
    ...more,
  })
  return { server, client, reports, connected, received, tokens, keyOf, problem }
}

/** Reads a run to its end, and returns what it yields in `got`. */
function reading(run: AsyncIterable<{ type: string; data: string }>) {
  const got: string[] = []
  const over = (async () => {
    for await (const { data } of run) got.push(data)
    return got
  })()
  over.catch(() => {})
  return { got, over }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1))

describe('a run that is started on an open connection', () => {
  it('is one request, which names the connection', async () => {
    const { server, client, connected, tokens, keyOf } = await start()
    await connected()
    const run = client.complete()
    const { over } = reading(run)
    await until(() => server.starts.length === 1, 'it was started')
    expect(server.starts).toEqual([{ path: 'complete', run: run.id, connection: '0', body: '' }])
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    tokens(1, 3)
    server.send('$output', 'r.4', { tokens: 3 })
    expect(await over).toEqual(upTo(3))
    expect(await run.output).toEqual({ tokens: 3 })
    client.ticks().on('tick', () => {})()
    expect(server.operations).toEqual([])
  })

  it('is not started again when only the response was lost', async () => {
    const { server, client, connected, tokens, keyOf } = await start({
      start: (_start, response) => void response.destroy(),
    })
    await connected()
    const run = client.complete()
    const { over } = reading(run)
    await until(() => server.starts.length === 1, 'it was started')
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    tokens(1, 2)
    // It is sent four times at most.
    await until(() => server.starts.length === 4, 'the start was given up')
    expect(new Set(server.starts.map((each) => each.run)).size).toBe(1)
    server.send('$output', 'r.3', { tokens: 2 })
    expect(await over).toEqual(upTo(2))
  })

  it('is unsubscribed from when it was left before the server answered', async () => {
    const { server, client, connected, keyOf } = await start({ start: () => {} })
    await connected()
    const run = client.complete()
    await until(() => server.starts.length === 1, 'it was started')
    run[Symbol.dispose]()
    await expect(run.output).rejects.toMatchObject({ code: 'aborted' })
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    await server.asked(1)
    expect(server.operations).toEqual([{ unsubscribe: keyOf(run) }])
  })

  it('is subscribed to by a control request when the server did not', async () => {
    const { server, client, connected, tokens, keyOf } = await start({
      start: ({ run }, response) => void response.end(JSON.stringify({ run, subscribed: false })),
    })
    await connected()
    const run = client.complete()
    const { over } = reading(run)
    await server.asked(1)
    expect(server.operations).toEqual([{ subscribe: keyOf(run) }])
    server.accept(keyOf(run), 'r', 'r.0')
    tokens(1, 2)
    server.send('$output', 'r.3', { tokens: 2 })
    expect(await over).toEqual(upTo(2))
  })

  it('times out when nothing answers, after it was sent again with the same id', async () => {
    const { server, client, connected } = await start({ start: () => {} }, { timeoutMs: 6_000 })
    await connected()
    const run = client.complete()
    await expect(run.output).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('did not answer within 6000 ms'),
    })
    expect(server.starts.map((each) => each.run)).toEqual([run.id, run.id])
  }, 20_000)

  it.each([
    ['not JSON', '<h1>Hi</h1>'],
    ['of another server', '{"ok":true}'],
    ['null', 'null'],
  ])('fails when the answer is %s', async (_what, text) => {
    const { client, connected } = await start({ start: (_start, response) => void response.end(text) })
    await connected()
    await expect(client.complete().output).rejects.toMatchObject({ code: 'invalid_response' })
  })
})

describe('a run whose connection is lost', () => {
  it.each([0, 1, 2, 5, 6])('after %i of 5 events and the output yields every event once', async (count) => {
    const { server, client, connected, received, tokens, keyOf } = await start()
    await connected()
    const run = client.complete()
    const { over } = reading(run)
    await until(() => server.starts.length === 1, 'it was started')
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    tokens(1, Math.min(count, 5))
    await received()
    server.streams[0]?.destroy()
    await until(() => server.streams.length === 2, 'another connection was made')
    const isResumed = (key: string) =>
      server.operations.some((each) => 'subscribe' in each && each.subscribe === key)
    await until(() => isResumed(keyOf(run)), 'it was resumed')
    expect(server.operations).toContainEqual({ subscribe: keyOf(run), cursor: `r.${Math.min(count, 5)}` })
    // A server may send more than it was asked for.
    server.accept(keyOf(run), 'r', 'r.0')
    tokens(1, 5)
    server.send('$output', 'r.6', { tokens: 5 })
    expect(await over).toEqual(upTo(5))
    expect(await run.output).toEqual({ tokens: 5 })
  })

  it('fails with `interrupted` when the server does not have it any more', async () => {
    const lost = { value: false }
    const { server, client, connected, tokens, keyOf, problem } = await start({
      refuse: (operation) =>
        lost.value && 'subscribe' in operation && operation.subscribe.startsWith('complete')
          ? problem('not_found', 404)
          : undefined,
    })
    await connected()
    const run = client.complete()
    const { over } = reading(run)
    await until(() => server.starts.length === 1, 'it was started')
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    tokens(1, 1)
    lost.value = true
    server.streams[0]?.destroy()
    await expect(over).rejects.toMatchObject({ code: 'interrupted' })
    await expect(run.output).rejects.toMatchObject({ code: 'interrupted' })
  })

  it('fails with `interrupted` when another run has its id', async () => {
    const { server, client, connected, tokens, keyOf } = await start()
    await connected()
    const run = client.complete()
    await until(() => server.starts.length === 1, 'it was started')
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    tokens(1, 1)
    const { got } = reading(run)
    await until(() => got.length === 1, 'it had arrived')
    server.streams[0]?.destroy()
    await until(() => server.streams.length === 2, 'another connection was made')
    await until(() => server.operations.length === 2, 'it was resumed')
    server.accept(keyOf(run), 'other', 'other.0')
    await expect(run.output).rejects.toMatchObject({ code: 'interrupted' })
  })
})

describe('a refusal', () => {
  it.each([
    ['forbidden', 403],
    ['gone', 410],
    ['interrupted', 503],
  ])('with `%s` is final', async (code, status) => {
    const { client, problem } = await start({
      refuse: (operation) => ('subscribe' in operation ? problem(code, status) : undefined),
    })
    const run = client.complete.attach('0123456789abcdef0123456789abcdef')
    await expect(run.output).rejects.toMatchObject({ code, status })
  })

  it('that is temporary is reported, and the run is requested again', async () => {
    let refusals = 0
    const { server, client, reports, keyOf, problem } = await start({
      refuse: () => (refusals++ < 2 ? problem('unavailable', 503) : undefined),
    })
    const run = client.complete.attach('0123456789abcdef0123456789abcdef')
    void run.output
    await server.asked(3)
    expect(server.operations).toEqual(Array(3).fill({ subscribe: keyOf(run) }))
    server.accept(keyOf(run), 'r', 'r.0')
    server.send('$output', 'r.1', { tokens: 0 })
    expect(await run.output).toEqual({ tokens: 0 })
    const at = { channel: 'complete', topic: '$run=0123456789abcdef0123456789abcdef' }
    expect(reports).toEqual(Array(2).fill(['unavailable', 'unavailable', at]))
  })

  it('that stays temporary for longer than timeoutMs is final, also after events', async () => {
    let isRefused = false
    const refuse = () => (isRefused ? problem('too_many_requests', 429) : undefined)
    const { server, client, tokens, keyOf, problem } = await start({ refuse }, { timeoutMs: 100 })
    const run = client.complete.attach('0123456789abcdef0123456789abcdef')
    const { got, over } = reading(run)
    await server.asked(1)
    server.accept(keyOf(run), 'r', 'r.0')
    tokens(1, 1)
    await until(() => got.length === 1, 'it had arrived')
    isRefused = true
    server.streams[0]?.destroy()
    await expect(over).rejects.toMatchObject({ code: 'too_many_requests' })
    await expect(run.output).rejects.toMatchObject({ code: 'too_many_requests' })
    expect(server.operations.length).toBeGreaterThan(3)
  })

  it('is temporary for longer than timeoutMs if the run is subscribed in between', async () => {
    const { server, client, reports, keyOf, problem } = await start({}, { timeoutMs: 50 })
    const run = client.complete.attach('0123456789abcdef0123456789abcdef')
    void run.output
    for (let n = 1; n <= 3; n += 1) {
      await server.asked(n)
      server.accept(keyOf(run), 'r', 'r.0')
      await pause(60)
      server.send('$error', '', problem('unavailable', 503, { topic: keyOf(run) }))
    }
    await server.asked(4)
    server.accept(keyOf(run), 'r', 'r.0')
    server.send('$output', 'r.1', { tokens: 0 })
    expect(await run.output).toEqual({ tokens: 0 })
    expect(reports).toHaveLength(3)
  })

  it('is temporary again after a connection that was lost for longer than timeoutMs', async () => {
    let isAway = false
    const away: typeof fetch = (...args) => (isAway ? Promise.reject(new TypeError('away')) : fetch(...args))
    let refusals = 0
    const refuse = () => {
      refusals += 1
      return refusals <= 2 ? problem('too_many_requests', 429, { retryAfterMs: 20 }) : undefined
    }
    const { server, client, keyOf, problem } = await start({ refuse }, { timeoutMs: 200, fetch: away })
    const run = client.complete.attach('0123456789abcdef0123456789abcdef')
    void run.output
    await server.asked(1)
    isAway = true
    server.streams[0]?.destroy()
    await pause(300)
    isAway = false
    await server.asked(3)
    server.accept(keyOf(run), 'r', 'r.0')
    server.send('$output', 'r.1', { tokens: 0 })
    expect(await run.output).toEqual({ tokens: 0 })
  })

  it('on the connection is not the end of the run', async () => {
    const { server, client, keyOf, problem } = await start()
    const run = client.complete.attach('0123456789abcdef0123456789abcdef')
    void run.output
    await server.asked(1)
    server.accept(keyOf(run), 'r', 'r.0')
    server.send('$error', '', problem('unavailable', 503, { topic: keyOf(run) }))
    await server.asked(2)
    expect(server.operations.at(-1)).toEqual({ subscribe: keyOf(run), cursor: 'r.0' })
    server.accept(keyOf(run), 'r', 'r.0')
    server.send(
      '$error',
      'r.1',
      problem('flagged', 422, { topic: keyOf(run), ended: true, data: { why: 'rude' } }),
    )
    await expect(run.output).rejects.toMatchObject({ code: 'flagged', data: { why: 'rude' } })
  })
})

describe('what a newer server sends', () => {
  it('is skipped and reported, and the output still arrives', async () => {
    const { server, client, reports, connected, keyOf } = await start()
    await connected()
    const run = client.complete()
    const { over } = reading(run)
    await until(() => server.starts.length === 1, 'it was started')
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    server.send('thought', 'r.1', 'hm')
    server.send('tool', 'r.2', 'search')
    server.send('tool', 'r.3', 'write')
    server.send('token', 'r.4', 'a')
    server.send('$later', 'r.5', 'a signal')
    server.send('$output', 'r.6', { tokens: 1, cost: 2 })
    expect(await over).toEqual(['search', 'a'])
    expect(await run.output).toEqual({ tokens: 1 })
    const at = { channel: 'complete', topic: `$run=${run.id}` }
    expect(reports).toEqual([
      [
        'invalid_response',
        'thought of complete is an event that the contract does not declare',
        { ...at, event: 'thought', data: '"hm"' },
      ],
      [
        'invalid_response',
        expect.stringContaining('tool of complete did not fit the schema'),
        { ...at, event: 'tool', data: '"write"' },
      ],
    ])
  })

  it('as an output that does not fit fails the run', async () => {
    const { server, client, connected, keyOf } = await start()
    await connected()
    const run = client.complete()
    await until(() => server.starts.length === 1, 'it was started')
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    server.send('$output', 'r.1', { tokens: 'many' })
    await expect(run.output).rejects.toMatchObject({
      code: 'invalid_response',
      issues: [{ path: ['tokens'] }],
    })
  })
})

describe('a loop that is slower than the run', () => {
  const long = 'x'.repeat(100_000)

  /** A run with a first loop that does not read, and 30 events of 100,000 characters. */
  async function flooded() {
    const script = await start()
    const { server, client, connected, keyOf } = script
    await connected()
    const run = client.complete()
    await until(() => server.starts.length === 1, 'it was started')
    server.accept(keyOf(run), 'r', 'r.0', undefined)
    const flood = (from: number, to: number) => {
      for (let n = from; n <= to; n += 1) server.send('token', `r.${n}`, `${n} ${long}`)
    }
    flood(1, 30)
    await server.asked(1)
    const numbers: number[] = []
    const read = async () => {
      for await (const { data } of run) numbers.push(Number.parseInt(data, 10))
    }
    return { ...script, run, flood, numbers, read }
  }

  it('pauses the run, and resumes it after the last event that it has room for', async () => {
    const { server, keyOf, run, flood, numbers, read } = await flooded()
    expect(server.operations).toEqual([{ pause: keyOf(run) }])
    const reading = read()
    await server.asked(2)
    expect(server.operations[1]).toEqual({ subscribe: keyOf(run), cursor: 'r.11' })
    expect(numbers.at(-1)).toBe(11)
    server.accept(keyOf(run), 'r', 'r.11')
    flood(12, 20)
    server.send('$output', 'r.21', { tokens: 20 })
    await reading
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  it('receives the rest and the output after the run has ended', async () => {
    const { server, keyOf, run, flood, numbers, read } = await flooded()
    server.send('$output', 'r.31', { tokens: 30 })
    server.send('tick', 't.1', 1)
    const reading = read()
    await server.asked(2)
    expect(server.operations[1]).toEqual({ subscribe: keyOf(run), cursor: 'r.11' })
    server.accept(keyOf(run), 'r', 'r.11')
    flood(12, 30)
    server.send('$output', 'r.31', { tokens: 30 })
    await reading
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    expect(await run.output).toEqual({ tokens: 30 })
  })

  it('does not hold back a state of the same run', async () => {
    const { server, keyOf, run, flood, read, numbers } = await flooded()
    const reading = read()
    const state = run.state((count) => count + 1, { initial: 0 })
    state.on('change', () => {})
    await server.asked(2)
    server.accept(keyOf(run), 'r', 'r.0')
    flood(1, 15)
    server.send('$output', 'r.16', { tokens: 15 })
    await reading
    expect(numbers).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
    expect([state.value, state.status]).toEqual([15, 'done'])
  })
})
