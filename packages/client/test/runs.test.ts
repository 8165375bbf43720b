import type { RequestListener } from 'node:http'
import { listen, pause, until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import type { Run } from '../src/index.js'
import { connect, startServer } from './harness.js'

type Numbers = Run<{ number: number }, { total: number }>

/** Reads a run to its end. */
async function numbersOf(run: Numbers): Promise<number[]> {
  const got: number[] = []
  for await (const event of run) got.push(event.data)
  return got
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** A handler that counts until it is aborted, and how many of its runs go on. */
function counting() {
  const state = { running: 0, started: 0 }
  const count = async function* ({ signal }: { signal: AbortSignal }) {
    state.running += 1
    state.started += 1
    try {
      for (let data = 1; !signal.aborted; data += 1) {
        yield { type: 'number', data } as const
        await pause(1)
      }
    } finally {
      state.running -= 1
    }
    return { total: 0 }
  }
  return { state, count }
}

describe('a run', () => {
  it('yields its events, then has its output', async () => {
    const { url } = await startServer()
    const run = connect(url).client.count({ to: 3 })
    expect(run.id).toMatch(/^[0-9a-f]{32}$/)
    expect(await numbersOf(run)).toEqual([1, 2, 3])
    expect(await run.output).toEqual({ total: 3 })
  })

  it('is one request on an open connection, and leaves nothing to say when it is over', async () => {
    const { url, requests, tidings } = await startServer()
    const { client } = connect(url)
    await client.ticks().on('tick', () => {}).ready
    const before = requests.length
    await client.count({ to: 3 }).output
    await client.ping()
    expect(requests.slice(before).map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      'POST /events/count',
      'POST /events/ping',
    ])
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 1 })
  })

  it('leaves the connection of its start to the next one, though it may end before that is answered', async () => {
    const ports = new Set<number | undefined>()
    const before: RequestListener = ({ method, socket }, response) => {
      if (method !== 'POST') return
      ports.add(socket.remotePort)
      const { end } = response
      // The run has ended when its start is answered.
      response.end = (...args: unknown[]) => {
        setTimeout(() => Reflect.apply(end, response, args), 20)
        return response
      }
    }
    const { url } = await startServer({}, { before })
    const { client } = connect(url)
    await client.ticks().on('tick', () => {}).ready
    ports.clear()
    for (let n = 0; n < 5; n += 1) {
      await client.count({ to: 1 }).output
      await pause(100)
    }
    expect(ports.size).toBeLessThan(3)
  })

  it('shares one connection with nine others', async () => {
    const { url, requests } = await startServer()
    const { client } = connect(url)
    const runs = Array.from({ length: 10 }, (_, index) => client.count({ to: index * 10 }))
    expect(await Promise.all(runs.map(numbersOf))).toEqual(runs.map((_, index) => upTo(index * 10)))
    expect(requests.filter(({ method }) => method === 'GET')).toHaveLength(1)
  })

  it('resolves its output without iteration, and can be iterated afterwards, from its beginning', async () => {
    const { url } = await startServer()
    const run = connect(url).client.count({ to: 1_000 })
    expect(await run.output).toEqual({ total: 1_000 })
    expect(await numbersOf(run)).toEqual(upTo(1_000))
  })

  it('yields every event to each of its loops, whenever they begin', async () => {
    const { url } = await startServer()
    const run = connect(url).client.count({ to: 500 })
    const early = [numbersOf(run), numbersOf(run)]
    const late: Promise<number[]>[] = []
    for await (const { data } of run) if (data % 100 === 0) late.push(numbersOf(run))
    expect(await Promise.all([...early, ...late])).toEqual(Array(7).fill(upTo(500)))
  })

  it.each(['leaving the loop', 'its signal', 'dispose', 'closing a state'])(
    'is detached from by %s, which ends it on the server',
    async (way) => {
      const { state: server, count } = counting()
      const { url, tidings } = await startServer({ count: { run: count, lingerMs: 60_000 } })
      const { client } = connect(url)
      const abort = new AbortController()
      const run = client.count({ to: 1 }, { signal: abort.signal })
      const read = async () => {
        for await (const event of run) {
          if (event.data < 3) continue
          if (way === 'leaving the loop') return 'left'
          if (way === 'its signal') abort.abort()
          if (way === 'dispose') run[Symbol.dispose]()
        }
        return 'over'
      }
      if (way === 'leaving the loop') expect(await read()).toBe('left')
      else if (way === 'closing a state') {
        const state = run.state((last, { data }) => last + data, { initial: 0 })
        state.on('change', () => {})
        await until(() => state.value > 10, 'some events had come')
        state.close()
      } else await expect(read()).rejects.toMatchObject({ code: 'aborted' })
      await expect(run.output).rejects.toMatchObject({ code: 'aborted' })
      await until(() => server.running === 0 && tidings.stats().subscriptions === 0, 'the server had noticed')
      expect(server.started).toBe(1)
    },
  )

  it('goes on while one of its loops is read', async () => {
    const { state: server, count } = counting()
    const { url } = await startServer({ count })
    const run = connect(url).client.count({ to: 1 })
    let seen = 0
    const read = async () => {
      for await (const { data } of run) {
        seen = data
        if (data > 200) break
      }
    }
    const reading = read()
    for await (const { data } of run) if (data > 3) break
    const before = seen
    await until(() => seen > before + 20, 'the other loop was read further')
    expect(server.running).toBe(1)
    await reading
    await until(() => server.running === 0, 'the server had noticed')
  })

  it('ends with the client, once its time to come back is over', async () => {
    const { state: server, count } = counting()
    const { url } = await startServer({ count: { run: count, lingerMs: 50 } })
    const { client } = connect(url)
    const run = client.count({ to: 1 })
    const read = async () => {
      for await (const { data } of run) if (data > 3) client.close()
    }
    await expect(read()).rejects.toMatchObject({ code: 'closed' })
    await expect(run.output).rejects.toMatchObject({ code: 'closed' })
    await until(() => server.running === 0, 'the server had noticed')
    await expect(client.count({ to: 1 }).output).rejects.toMatchObject({ code: 'closed' })
    await expect(client.count.attach(run.id).output).rejects.toMatchObject({ code: 'closed' })
  })

  it('makes no request if its signal fired before, its input is invalid, or its id malformed', async () => {
    const { url, requests } = await startServer()
    const { client } = connect(url)
    const signal = AbortSignal.abort('enough')
    const aborted = client.count({ to: 1 }, { signal })
    await expect(aborted.output).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
    await expect(numbersOf(aborted)).rejects.toMatchObject({ code: 'aborted' })
    await expect(client.count({ to: -1 }).output).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(numbersOf(client.count({ to: -1 }))).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(client.count.attach('../send').output).rejects.toMatchObject({ code: 'invalid_input' })
    expect(requests).toEqual([])
  })

  it('is left when its signal fires while it is started', async () => {
    const { state: server, count } = counting()
    const abort = new AbortController()
    const { url } = await startServer(
      { count: { run: count, lingerMs: 60_000 } },
      {
        before: ({ method, url: path }) =>
          void (method === 'POST' && path === '/events/count' && abort.abort()),
      },
    )
    const { client } = connect(url, { lingerMs: 60_000 })
    await client.ticks().on('tick', () => {}).ready
    const run = client.count({ to: 1 }, { signal: abort.signal })
    await expect(run.output).rejects.toMatchObject({ code: 'aborted' })
    await client.ping()
    await until(() => server.running === 0, 'it ran no more')
  })

  it('throws its declared error in the loop, decoded, and rejects its output with it', async () => {
    const { url } = await startServer({
      count: async ({ emit, fail }) => {
        await emit.number(1)
        throw fail('tooMany', { max: 3, at: new Date(9) })
      },
    })
    const { client } = connect(url)
    const run = client.count({ to: 9 })
    const got: number[] = []
    const error: unknown = await (async () => {
      for await (const event of run) got.push(event.data)
    })().catch((caught: unknown) => caught)
    if (!client.count.isError(error) || error.code !== 'tooMany') throw error
    expect(error.data).toEqual({ max: 3, at: new Date(9) })
    expect(got).toEqual([1])
    await expect(run.output).rejects.toBe(error)
    await expect(numbersOf(run)).rejects.toBe(error)
  })

  it('rejects when it is refused or fails, and never ends the process', async () => {
    const { url, stop } = await startServer({
      count: async ({ emit }) => {
        await emit.number(1)
        throw new Error('hunter2')
      },
    })
    const { client } = connect(url)
    client.count({ to: -1 })
    client.count({ to: 1 })
    await expect(client.count({ to: 1 }).output).rejects.toMatchObject({ code: 'internal' })
    await stop()
    const unreachable = connect(url, { timeoutMs: 2_000 }).client.count({ to: 1 })
    await expect(unreachable.output).rejects.toMatchObject({ code: 'network' })
    const other = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"run":1}')
    })
    await expect(connect(other.origin).client.count({ to: 1 }).output).rejects.toMatchObject({
      code: 'invalid_response',
    })
  })
})

describe('attaching to a run', () => {
  it('from another client yields every event from the beginning, then live, then the output', async () => {
    let finish = () => {}
    const { url } = await startServer({
      count: async ({ emit }) => {
        for (const n of upTo(50)) await emit.number(n)
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        await emit.number(51)
        return { total: 51 }
      },
    })
    const run = connect(url).client.count({ to: 51 })
    const reading = numbersOf(run)
    const other = connect(url).client.count.attach(run.id)
    expect(other.id).toBe(run.id)
    const got: number[] = []
    for await (const { data } of other) {
      got.push(data)
      if (data === 50) finish()
    }
    expect(got).toEqual(upTo(51))
    expect(await other.output).toEqual({ total: 51 })
    expect(await reading).toEqual(upTo(51))
  })

  it('works after its end, until it is kept no longer', async () => {
    const { url } = await startServer({
      count: {
        keepMs: 300,
        run: async ({ input, emit }) => {
          for (const n of upTo(input.to)) await emit.number(n)
          return { total: input.to }
        },
      },
    })
    const { client } = connect(url)
    const { id, output } = client.count({ to: 5 })
    await output
    expect(await numbersOf(client.count.attach(id))).toEqual(upTo(5))
    const isGone = async () => {
      const error = await client.count.attach(id).output.catch((caught: unknown) => caught)
      return client.count.isError(error) && error.code === 'not_found'
    }
    while (!(await isGone())) await pause(20)
  })

  it('fails with `not_found` until its start has reached the server', async () => {
    const { url, app } = await startServer()
    // The start waits before the server's handler, as it may on a network.
    let arrive = () => {}
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve
    })
    let isHeld = false
    const { origin } = await listen((request, response) => {
      if (request.method !== 'POST' || !request.url?.endsWith('/count')) app(request, response)
      else {
        isHeld = true
        void arrival.then(() => app(request, response))
      }
    })
    const run = connect(`${origin}/events`).client.count({ to: 3 })
    const { client } = connect(url)
    await until(() => isHeld, 'the start was on its way')
    await expect(client.count.attach(run.id).output).rejects.toMatchObject({ code: 'not_found' })
    arrive()
    expect(await run.output).toEqual({ total: 3 })
    expect(await numbersOf(client.count.attach(run.id))).toEqual(upTo(3))
  })

  it('fails with `not_found` for a run that the server does not have', async () => {
    const { url } = await startServer()
    const { client, errors } = connect(url)
    const run = client.count.attach('0123456789abcdef0123456789abcdef')
    await expect(numbersOf(run)).rejects.toMatchObject({ code: 'not_found' })
    await expect(run.output).rejects.toMatchObject({ code: 'not_found' })
    expect(errors).toEqual([])
  })

  it('in the client that started it shares its subscription, and yields every event', async () => {
    const { state: server, count } = counting()
    const { url, tidings } = await startServer({ count })
    const { client } = connect(url)
    const run = client.count({ to: 1 })
    for await (const { data } of run) {
      if (data < 20) continue
      const other = client.count.attach(run.id)
      const got: number[] = []
      for await (const event of other) if (got.push(event.data) === 50) break
      expect(got).toEqual(upTo(50))
      await expect(other.output).rejects.toMatchObject({ code: 'aborted' })
      expect(tidings.stats().subscriptions).toBe(1)
      expect(server.running).toBe(1)
      break
    }
    await until(() => server.running === 0, 'the server had noticed')
  })
})

describe('cancelling a run', () => {
  it('ends it for every reader, and is repeatable', async () => {
    const { state: server, count } = counting()
    const { url } = await startServer({ count: { run: count, lingerMs: Number.POSITIVE_INFINITY } })
    const { client } = connect(url)
    const run = client.count({ to: 1 })
    const here = numbersOf(run)
    const there = numbersOf(connect(url).client.count.attach(run.id))
    const failures = [here, there, run.output].map((promise) =>
      promise.catch((error: unknown) => (client.count.isError(error) ? error.code : error)),
    )
    await run.cancel()
    expect(await Promise.all(failures)).toEqual(['cancelled', 'cancelled', 'cancelled'])
    expect(server.running).toBe(0)
    await run.cancel()
  })

  it('works for a run that was detached from, or only attached to', async () => {
    const { state: server, count } = counting()
    const { url } = await startServer({ count: { run: count, lingerMs: Number.POSITIVE_INFINITY } })
    const { client } = connect(url)
    const [first, second] = [client.count({ to: 1 }), client.count({ to: 1 })]
    for await (const _event of first) break
    for await (const _event of second) break
    expect(server.running).toBe(2)
    await first.cancel()
    await client.count.attach(second.id).cancel()
    await until(() => server.running === 0, 'both had ended')
  })

  it('is done at once when the run is over or unknown, and rejects when the server cannot be reached', async () => {
    const { state: server, count } = counting()
    const { url, requests, stop } = await startServer({
      count: ({ input, ...call }) => (input.to === 0 ? Promise.resolve({ total: 0 }) : count(call)),
    })
    const { client } = connect(url, { timeoutMs: 2_000 })
    const run = client.count({ to: 0 })
    await run.output
    const before = requests.length
    await run.cancel()
    expect(requests).toHaveLength(before)
    const unknown = client.count.attach('0123456789abcdef0123456789abcdef')
    await unknown.cancel()
    const other = client.count({ to: 1 })
    await until(() => server.running === 1, 'it was running')
    await stop()
    await expect(other.cancel()).rejects.toMatchObject({ code: 'network' })
  })
})

describe('the state of a run', () => {
  it('folds its events, and has its output', async () => {
    const { url } = await startServer()
    const run = connect(url).client.count({ to: 4 })
    const state = run.state((last, { data }) => [...last, data], { initial: [] as number[] })
    expect([state.value, state.status, state.output, state.error]).toEqual([
      [],
      'running',
      undefined,
      undefined,
    ])
    const seen: [number, string][] = []
    state.on('change', (value) => seen.push([value.length, state.status]))
    await run.output
    await until(() => seen.at(-1)?.[1] === 'done', 'its end was announced')
    expect([state.value, state.status, state.output]).toEqual([[1, 2, 3, 4], 'done', { total: 4 }])
    expect(seen.at(-1)).toEqual([4, 'done'])
    expect(seen.length).toBeLessThanOrEqual(5)
  })

  it('has its error when the run failed', async () => {
    const { url } = await startServer({
      count: async ({ emit, fail }) => {
        await emit.number(1)
        throw fail('tooMany', { max: 3, at: new Date(9) })
      },
    })
    const { client } = connect(url)
    const state = client.count({ to: 1 }).state((last, { data }) => last + data, { initial: 0 })
    state.on('change', () => {})
    await until(() => state.status === 'failed', 'it had failed')
    expect([state.value, state.output]).toEqual([1, undefined])
    expect(state.error).toMatchObject({ code: 'tooMany', data: { max: 3, at: new Date(9) } })
  })

  it('keeps its value when the reducer throws, which is reported', async () => {
    const { url } = await startServer()
    const { client, reports } = connect(url)
    const run = client.count({ to: 3 })
    const state = run.state(
      (last, { data }) => {
        if (data === 2) throw new Error('not two')
        return last + data
      },
      { initial: 0 },
    )
    state.on('change', () => {})
    await run.output
    expect(state.value).toBe(4)
    expect(reports).toMatchObject([
      [
        { code: 'internal', message: 'A handler of count threw: not two' },
        { channel: 'count', topic: `$run=${run.id}`, event: 'number' },
      ],
    ])
  })

  it('notifies no observer after it is closed', async () => {
    const { state: server, count } = counting()
    const { url } = await startServer({ count })
    const run = connect(url).client.count({ to: 1 })
    const state = run.state((last) => last + 1, { initial: 0 })
    const seen: number[] = []
    state.on('change', (value) => {
      if (seen.push(value) === 3) state.close()
    })
    await until(() => server.started === 1 && server.running === 0, 'it had ended')
    expect(seen).toHaveLength(3)
  })
})
