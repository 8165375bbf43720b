import { TidingsError } from '@tidings/core'
import { listen, pause, until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect, startServer } from './harness.js'
import { hostileProxy, type Plan } from './hostile-proxy.js'
import { scriptedServer } from './scripted-server.js'

const eventStreams = (requests: readonly { method: string }[]) =>
  requests.filter(({ method }) => method === 'GET')
const controls = (requests: readonly { url: string }[]) =>
  requests.filter(({ url }) => url.includes('$connections'))

it.each([true, false])(
  'notifies of the end of a client that is closed at once (share: %s)',
  async (share) => {
    const { url } = await startServer()
    const { client, state } = connect(url, { share })
    const heard: unknown[] = []
    client.connection.on('change', (given) => heard.push(given))
    client.close()
    expect([heard, state()]).toEqual([[{ status: 'closed' }], { status: 'closed' }])
    await pause(20)
    expect(heard).toHaveLength(1)
  },
)

describe('one connection', () => {
  it('carries 300 subscriptions while 50 are added and 50 end', async () => {
    const { tidings, url, requests } = await startServer()
    const { client, isOpen } = connect(url)
    const got = new Map<string, number>()
    const subscribe = (n: number) => {
      const roomId = String(n)
      return client.room({ roomId }).on('typing', () => got.set(roomId, (got.get(roomId) ?? 0) + 1))
    }
    const stops = Array.from({ length: 300 }, (_, n) => subscribe(n))
    await isOpen()
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 300 })
    expect([eventStreams(requests).length, controls(requests).length]).toEqual([1, 1])

    for (let n = 300; n < 350; n += 1) stops.push(subscribe(n))
    for (const stop of stops.slice(0, 50)) stop()
    await until(
      () => tidings.stats().subscriptions === 300 && controls(requests).length === 2,
      'it had changed',
    )
    for (let n = 0; n < 350; n += 1) void tidings.emit.room({ roomId: String(n) }).typing('ada')
    await until(() => got.size === 300, 'all had their event')
    expect([...got.values()].every((count) => count === 1)).toBe(true)
    expect(got.has('0')).toBe(false)
    expect(tidings.stats().connections).toBe(1)
    expect([eventStreams(requests).length, controls(requests).length]).toEqual([1, 2])
  })

  it('stays open for the linger time after the last subscription, and reopens later', async () => {
    const { tidings, url, requests } = await startServer()
    const { client, isOpen } = connect(url, { lingerMs: 60 })
    const stop = client.ticks().on('tick', () => {})
    await isOpen()
    stop()
    await until(() => tidings.stats().subscriptions === 0, 'it carried nothing')
    expect(tidings.stats().connections).toBe(1)
    const again = client.ticks().on('tick', () => {})
    await until(() => tidings.stats().subscriptions === 1, 'it carried something again')
    await pause(80)
    expect(eventStreams(requests)).toHaveLength(1)
    again()
    await until(() => client.connection.state.status === 'idle', 'it was let go of')
    await until(() => tidings.stats().connections === 0, 'the server had noticed')
    client.ticks().on('tick', () => {})
    await isOpen()
    expect(eventStreams(requests)).toHaveLength(2)
  })

  it('does not request a topic that was left in the same turn', async () => {
    const { operations, asked, origin } = await scriptedServer()
    const { client } = connect(origin)
    const stop = client.ticks().on('tick', () => {})
    stop()
    client.room({ roomId: 'a' }).on('typing', () => {})
    client.room({ roomId: 'a' }).on('message', () => {})
    client.room({ roomId: 'b' }).on('typing', () => {})
    await asked(2)
    expect(operations).toEqual([{ subscribe: 'room?roomId=a' }, { subscribe: 'room?roomId=b' }])
  })

  it('reports a topic beyond the limit, and subscribes when another leaves', async () => {
    const { tidings, url } = await startServer({}, { limits: { subscriptionsPerConnection: 2 }, retryMs: 50 })
    const { client, reports } = connect(url)
    const stops = ['a', 'b', 'c'].map((roomId) => client.room({ roomId }).on('typing', () => {}))
    await until(() => reports.length > 0, 'it was reported')
    expect(reports[0]).toMatchObject([{ code: 'too_many_requests' }, { channel: 'room', topic: 'roomId=c' }])
    stops[0]?.()
    const got: string[] = []
    client.room({ roomId: 'c' }).on('typing', (author) => got.push(author))
    const emitting = setInterval(() => void tidings.emit.room({ roomId: 'c' }).typing('ada'), 10)
    onTestFinished(() => clearInterval(emitting))
    await until(() => got.length > 0, 'it is carried')
  })
})

describe('a connection that goes silent', () => {
  it('is replaced after two missing heartbeats, without losing events', async () => {
    const { tidings, port, requests } = await startServer({}, { heartbeatMs: 600 })
    const plans: Plan[] = [{ harm: 'stall', afterBytes: 900 }]
    const proxy = await hostileProxy(port, () => plans.shift() ?? { harm: 'none', afterBytes: 0 })
    const { client, isOpen } = connect(`${proxy.origin}/events`)
    const got: number[] = []
    client.ticks().on('tick', (n) => got.push(n))
    await isOpen()
    for (let n = 1; n <= 40; n += 1) {
      await tidings.emit.ticks().tick(n)
      await pause(5)
    }
    await until(() => got.length === 40, 'all had come')
    expect(got).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
    expect(proxy.done.stall).toBe(1)
    expect(eventStreams(requests)).toHaveLength(2)
  })

  it('is replaced when it never opens', async () => {
    let attempts = 0
    const { origin } = await listen(() => {
      attempts += 1
    })
    const { client } = connect(origin, { timeoutMs: 40 })
    client.ticks().on('tick', () => {})
    await until(() => attempts === 3, 'it had tried three times')
    await until(() => client.connection.state.status === 'waiting', 'it waits')
    expect(client.connection.state).toMatchObject({
      problem: { code: 'network', message: `The connection to ${origin} was silent for 40 ms` },
    })
  })

  it('is kept while only heartbeats arrive', async () => {
    const heartbeatMs = 100
    const { url } = await startServer({}, { heartbeatMs })
    const { client, status, isOpen } = connect(url)
    let openedAt = 0
    client.connection.on('change', (state) => {
      if (state.status === 'open') openedAt = performance.now()
    })
    client.ticks().on('tick', () => {})
    await isOpen()
    // On a busy machine, heartbeats may be late, and their connection is replaced.
    await until(
      () => status() === 'open' && performance.now() - openedAt > 5 * heartbeatMs,
      'a connection was kept',
    )
  })
})

describe("the client's credentials", () => {
  /** A server that knows only the newest token, and asks for it again when it says so. */
  async function guarded(expiresInMs?: number) {
    const tokens = { valid: 'one' }
    const server = await startServer(
      {},
      {
        context: ({ headers }) => {
          if (headers.get('authorization') !== tokens.valid) {
            throw new TidingsError({ code: 'unauthorized', message: 'Who are you?' })
          }
          // The tests' contract has a text as its context; only the time in it matters here.
          return (expiresInMs === undefined ? null : { expiresAt: Date.now() + expiresInMs }) as never
        },
      },
    )
    return { ...server, tokens }
  }

  it('are renewed with new headers when they expire, and no event is missed', async () => {
    const { tidings, url, requests } = await guarded(400)
    let asked = 0
    const { client, isOpen } = connect(url, {
      headers: () => {
        asked += 1
        return { authorization: 'one' }
      },
    })
    const got: number[] = []
    client.ticks().on('tick', (n) => got.push(n))
    await isOpen()
    for (let n = 1; n <= 60; n += 1) {
      await tidings.emit.ticks().tick(n)
      await pause(20)
    }
    await until(() => got.length === 60, 'all had come')
    expect(got).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
    // A busy machine may take longer than the credentials last: the connection then ends, and is replaced.
    expect(controls(requests).length).toBeGreaterThan(eventStreams(requests).length + 1)
    expect(asked).toBe(requests.length)
  })

  it('are sent once more, with fresh headers, after a 401', async () => {
    const { url, tokens, requests } = await guarded()
    const headers = ['old', 'one']
    const { client, isOpen } = connect(url, {
      headers: () => ({ authorization: headers.shift() ?? tokens.valid }),
    })
    client.ticks().on('tick', () => {})
    await isOpen()
    expect(eventStreams(requests)).toHaveLength(2)
  })

  it.each([
    ['fresh headers are refused as well', () => ({ authorization: 'wrong' }), 2],
    ['the headers are always the same', { authorization: 'wrong' }, 1],
  ])('is told when %s, and may subscribe again later', async (_what, headers, attempts) => {
    const { url, requests, tokens } = await guarded()
    const { client, isOpen } = connect(url, { headers })
    const codes: string[] = []
    client.ticks().subscribe({ error: ({ code }) => codes.push(code) })
    client.room({ roomId: 'a' }).subscribe({ error: ({ code }) => codes.push(code) })
    await until(() => codes.length === 2, 'both were told')
    expect(codes).toEqual(['unauthorized', 'unauthorized'])
    expect(client.connection.state).toMatchObject({ status: 'closed', problem: { status: 401 } })
    expect(eventStreams(requests)).toHaveLength(attempts)
    tokens.valid = 'wrong'
    client.ticks().on('tick', () => {})
    await isOpen()
  })

  it('let a disconnected client reconnect while they are valid', async () => {
    const { tidings, url, tokens } = await guarded()
    const { client, isOpen } = connect(url, { headers: () => ({ authorization: 'one' }) })
    const codes: string[] = []
    client.ticks().subscribe({ error: ({ code }) => codes.push(code) })
    await isOpen()
    tidings.disconnect(() => true)
    await until(() => client.connection.state.status !== 'open', 'it was disconnected')
    await isOpen()
    tokens.valid = 'another'
    tidings.disconnect(() => true)
    await until(() => codes.length === 1, 'the handler was called')
    expect(codes).toEqual(['unauthorized'])
  })
})

describe('a command', () => {
  it('is sent again when its response is lost, and runs once', async () => {
    let runs = 0
    const { port } = await startServer({
      send: ({ input }) => {
        runs += 1
        return { text: `${input.text} ${runs}`, sentAt: new Date(0) }
      },
    })
    const plans: Plan[] = [
      { harm: 'cut', afterBytes: 30 },
      { harm: 'refuse', afterBytes: 0 },
    ]
    const proxy = await hostileProxy(port, () => plans.shift() ?? { harm: 'none', afterBytes: 0 })
    const { client } = connect(`${proxy.origin}/events`)
    expect(await client.send({ text: 'hi' })).toMatchObject({ text: 'hi 1' })
    expect([runs, proxy.done.cut, proxy.done.refuse]).toEqual([1, 1, 1])
    expect(await client.send({ text: 'hi' })).toMatchObject({ text: 'hi 2' })
  })

  it('rejects when its time limit passes', async () => {
    let isAborted = false
    const { url } = await startServer({
      send: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            isAborted = true
            reject(signal.reason)
          })
        }),
    })
    const { client } = connect(url)
    const call = client.send({ text: 'hi' }, { timeoutMs: 60 })
    await expect(call).rejects.toMatchObject({
      code: 'timeout',
      message: `${url}/send did not answer within 60 ms`,
    })
    await until(() => isAborted, 'the server was notified')
  })
})

it('clients reconnect spread over time after their server restarts', async () => {
  const count = 300
  const before = await startServer({}, { retryMs: 1_000 })
  const delays: number[] = []
  let hasStopped = false
  for (let n = 0; n < count; n += 1) {
    const { client } = connect(before.url, {
      // A busy machine connects the last ones late.
      timeoutMs: 120_000,
      reconnect: { minMs: 250, maxMs: 30_000 },
    })
    client.ticks().on('tick', () => {})
    client.connection.on('change', (state) => {
      if (hasStopped && state.status === 'waiting' && state.attempt === 1) {
        delays.push(state.retryAt - Date.now())
      }
    })
  }
  await until(() => before.tidings.stats().subscriptions === count, 'all were connected')
  hasStopped = true
  await before.stop()
  const stoppedAt = Date.now()
  const arrivals: number[] = []
  const after = await startServer(
    {},
    {
      retryMs: 1_000,
      port: before.port,
      before: ({ method }) => {
        if (method === 'GET') arrivals.push(Date.now() - stoppedAt)
      },
    },
  )
  await until(() => after.tidings.stats().subscriptions === count, 'all were connected again')
  // Each was told its own time, between 0.5 and 1.5 s, and adds up to 0.25 s: about a tenth in a tenth of a second.
  const planned = histogramOf(delays)
  expect(delays).toHaveLength(count)
  expect([...planned.keys()].every((tenth) => tenth >= 4 && tenth <= 17)).toBe(true)
  expect(Math.max(...planned.values())).toBeLessThan(count / 5)
  if (process.env['TIDINGS_HISTOGRAM']) console.log(planned, histogramOf(arrivals))
})

/** How many times lie in each tenth of a second. */
function histogramOf(times: readonly number[]): Map<number, number> {
  const histogram = new Map<number, number>()
  for (const time of [...times].sort((a, b) => a - b)) {
    const tenth = Math.floor(time / 100)
    histogram.set(tenth, (histogram.get(tenth) ?? 0) + 1)
  }
  return histogram
}
