import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer, type HistoryOptions, type Tidings } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, post } from './harness.js'

async function start(options: { history?: HistoryOptions } = {}) {
  const signals: AbortSignal[] = []
  const tidings = createServer(contract, options, {
    room: { snapshot: () => ({ messages: [] }) },
    send: ({ signal }) =>
      new Promise((resolve) => {
        signals.push(signal)
        signal.addEventListener('abort', () => resolve({ text: 'late', sentAt: new Date(0) }))
      }),
    admin: {
      ping: () => {},
      count: async function* ({ signal }) {
        while (!signal.aborted) {
          yield { type: 'number', data: 1 }
          await wait(1)
        }
        return { total: 0 }
      },
    },
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  return { tidings, url, port: Number(new URL(url).port), signals }
}

/** Subscribes on a socket of its own, with nothing in between that could read or pool. */
async function rawSubscribe(port: number, path: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`GET /events/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  return socket
}

function collectGarbage(): void {
  if (!globalThis.gc) throw new Error('run with --expose-gc')
  globalThis.gc()
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

describe('clients that come and go', () => {
  it('leave no state behind after a thousand of them', async () => {
    const { tidings, url, port } = await start({ history: { ms: 0 } })
    const stays = await open(`${url}/ticks`)
    await stays.count(1)

    const round = async (count: number) => {
      for (let n = 0; n < count; n += 50) {
        const sockets = await Promise.all(
          Array.from({ length: 50 }, (_, k) => rawSubscribe(port, k % 2 ? 'ticks' : `room?roomId=r${k}`)),
        )
        await tidings.emit.ticks().tick(n)
        for (const [k, socket] of sockets.entries()) {
          if (k % 2) socket.resetAndDestroy()
          else socket.end()
        }
        await until(() => tidings.stats().connections === 1, 'all but one had left')
      }
    }
    const settle = async () => {
      for (let n = 0; n < 3; n += 1) {
        await wait(50)
        collectGarbage()
      }
      return process.memoryUsage().heapUsed
    }

    await round(500)
    const timersBefore = timers()
    const heapBefore = await settle()
    await round(1_000)
    const growth = (await settle()) - heapBefore
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 1, running: 0 })
    expect(timers()).toBeLessThanOrEqual(timersBefore + 1)
    // 4 kB each would be 4 MiB: what one connection holds while it is open is more.
    expect(growth).toBeLessThan(2 * 1024 * 1024)
  })

  it('may leave during authorization', async () => {
    let asked = 0
    let answer: (may: boolean) => void = () => {}
    const tidings = createServer(contract, {
      room: {
        authorize: () =>
          new Promise<boolean>((resolve) => {
            asked += 1
            answer = resolve
          }),
        snapshot: () => ({ messages: [] }),
      },
      send: () => ({ text: '', sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    })
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const url = await mount(expressHandler(tidings))
    const abort = new AbortController()
    const left = fetch(`${url}/room?roomId=lobby`, { signal: abort.signal }).catch(() => 'left')
    await until(() => asked === 1, 'authorize was asked')
    abort.abort()
    await left
    await wait(20)
    answer(true)
    await wait(20)
    expect(tidings.stats()).toMatchObject({ connections: 0, subscriptions: 0, topics: 0 })
  })
})

describe('topics', () => {
  it('without cursors keep no events', async () => {
    const { tidings } = await start()
    const heapOf = () => {
      collectGarbage()
      return process.memoryUsage().heapUsed
    }
    for (let n = 0; n < 1_000; n += 1) await tidings.emit.room({ roomId: `${n}` }).typing('ada')
    const before = heapOf()
    for (let n = 0; n < 1_000_000; n += 1) void tidings.emit.room({ roomId: `${n}` }).typing('ada')
    expect(tidings.stats()).toMatchObject({ topics: 0, emits: 1_001_000 })
    expect(heapOf() - before).toBeLessThan(1024 * 1024)
  })

  it('are released once no client can resume them', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { tidings, url } = await start({ history: { ms: 60_000 } })
    const stays = await open(`${url}/ticks`)
    const leaves = await Promise.all(Array.from({ length: 20 }, (_, n) => open(`${url}/room?roomId=${n}`)))
    await Promise.all([stays.count(1), ...leaves.map((stream) => stream.count(2))])
    for (let n = 0; n < 20; n += 1) await tidings.emit.room({ roomId: `${n}` }).typing('ada')
    await tidings.emit.ticks().tick(1)
    const last = (await stays.count(2)).at(-1)?.id
    for (const stream of leaves) stream.leave()
    await until(() => tidings.stats().connections === 1, 'all but one had left')
    vi.advanceTimersByTime(59_000)
    expect(tidings.stats().topics).toBe(21)
    await tidings.emit.room({ roomId: '7' }).typing('ada')
    vi.advanceTimersByTime(20_000)
    expect(tidings.stats().topics).toBe(2)
    vi.advanceTimersByTime(60_000)
    expect(tidings.stats().topics).toBe(1)
    // The one that is in use goes on, without what is too old.
    await tidings.emit.ticks().tick(2)
    expect((await stays.count(3))[2]?.id).toBe(String(last).replace(/1$/, '2'))
    const resumed = await open(`${url}/ticks`, {
      headers: { 'last-event-id': String(last).replace(/1$/, '0') },
    })
    expect((await resumed.count(2))[1]?.data).toContain('expired')
  })
})

describe('a client that does not read', () => {
  it('costs no memory, delays no other client, and gets the rest or a gap once it reads again', async () => {
    const { tidings, url, port } = await start({ history: { size: 100 } })
    const room = { roomId: 'lobby' }
    const reader = await open(`${url}/room?roomId=lobby`)
    await reader.count(2)
    const stalled = connect(port, '127.0.0.1')
    onTestFinished(() => {
      stalled.destroy()
    })
    stalled.write('GET /events/room?roomId=lobby HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await new Promise((resolve) => stalled.once('readable', resolve))
    await until(() => tidings.stats().subscriptions === 2, 'both had subscribed')

    const before = process.memoryUsage().rss
    const total = 20_000
    const padding = 'x'.repeat(1_000)
    for (let n = 1; n <= total; n += 1) {
      void tidings.emit.room(room).typing(`${n} ${padding}`)
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await reader.count(total + 2)
    expect(reader.events.some((event) => event.event === '$gap')).toBe(false)
    // The test's own reader keeps all 20 MB it read, in several forms; the stalled one may add no queue of its own.
    const held = process.memoryUsage().rss - before
    expect(held).toBeLessThan(200 * 1024 * 1024)

    let text = ''
    stalled.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    stalled.resume()
    await until(
      () => text.includes('event: $gap') && text.lastIndexOf('$snapshot') > text.indexOf('$gap'),
      'the gap was announced',
    )
    await tidings.emit.room(room).typing('the end')
    await until(() => text.includes('the end'), 'the newest event had come')
    const seen = [...text.matchAll(/^data: "(\d+) /gm)].map((match) => Number(match[1]))
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => n + 1))
    expect(seen.length).toBeLessThan(total)
    expect(text.match(/event: \$gap/g)).toHaveLength(1)
    expect(text).toContain('"reason":"expired"')
  })
})

describe('closing', () => {
  it('ends event streams, aborts and awaits running handlers, and refuses new requests', async () => {
    const { tidings, url, signals } = await start()
    const topic = await open(`${url}/ticks`)
    const run = await open(`${url}/admin/count`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"to":1}',
    })
    await Promise.all([topic.count(1), run.count(1)])
    const call = post(`${url}/send`, { text: 'hi' })
    await until(() => signals.length === 1, 'the command was running')

    await Promise.all([tidings.close({ drainMs: 0 }), tidings.close()])
    expect(tidings.stats()).toMatchObject({ connections: 0, subscriptions: 0, topics: 0, running: 0 })
    await until(() => topic.isOver() && run.isOver(), 'both streams were over')
    expect(run.events.at(-1)).toMatchObject({ event: '$error', data: expect.stringContaining('unavailable') })
    expect((await call).body).toEqual({ text: 'late', sentAt: '1970-01-01T00:00:00.000Z' })
    const refused = await fetch(`${url}/ticks`)
    expect([refused.status, await refused.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'unavailable' }),
    ])
    await expect(tidings.emit.ticks().tick(1)).rejects.toMatchObject({ code: 'closed' })
  })

  it('lets running handlers finish, which may still emit', async () => {
    let finish: () => void = () => {}
    let aborted = false
    const tidings = createServer(contract, {
      room: { snapshot: () => ({ messages: [] }) },
      send: async ({ emit, signal }) => {
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        aborted = signal.aborted
        await emit.ticks().tick(1)
        return { text: 'finished', sentAt: new Date(0) }
      },
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    })
    const url = await mount(expressHandler(tidings))
    const call = post(`${url}/send`, { text: 'hi' })
    await until(() => tidings.stats().running === 1, 'the command was running')
    const closing = tidings.close({ drainMs: 20_000 })
    expect((await fetch(`${url}/ticks`)).status).toBe(503)
    finish()
    expect((await call).body).toMatchObject({ text: 'finished' })
    await closing
    expect(aborted).toBe(false)
    await expect(tidings.emit.ticks().tick(1)).rejects.toMatchObject({ code: 'closed' })
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5' as never])(
    'refuses a drain of %s, and stays open',
    async (drainMs) => {
      const { tidings } = await start()
      await expect(tidings.close({ drainMs })).rejects.toMatchObject({
        code: 'invalid_options',
        message: expect.stringMatching(/^close: drainMs is .+\. Give a number from 0 to/),
      })
      await tidings.emit.ticks().tick(1)
    },
  )

  it('does not wait forever for a handler that ignores its signal or awaits the closing', async () => {
    const tidings: Tidings<typeof contract> = createServer(contract, {
      room: { snapshot: () => ({ messages: [] }) },
      send: () => new Promise<never>(() => {}),
      admin: { ping: () => tidings.close(), count: async () => ({ total: 0 }) },
    })
    const url = await mount(expressHandler(tidings))
    void post(`${url}/send`, { text: 'hi' }).catch(() => {})
    void post(`${url}/admin/ping`, {}).catch(() => {})
    await until(() => tidings.stats().running >= 1, 'the command was running')
    await tidings.close({ drainMs: 50 })
  })

  it('ends requests that are not yet admitted', async () => {
    let authorize: (may: boolean) => void = () => {}
    const tidings = createServer(contract, {
      room: {
        authorize: () =>
          new Promise<boolean>((resolve) => {
            authorize = resolve
          }),
        snapshot: () => ({ messages: [] }),
      },
      send: () => ({ text: '', sentAt: new Date(0) }),
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    })
    const url = await mount(expressHandler(tidings))
    const opening = open(`${url}/room?roomId=lobby`)
    let sendBody: () => void = () => {}
    const body = new ReadableStream({
      start(controller) {
        sendBody = () => {
          controller.enqueue(new TextEncoder().encode('{"text":"hi"}'))
          controller.close()
        }
      },
    })
    const headers = { 'content-type': 'application/json' }
    const call = fetch(`${url}/send`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
    await wait(50)
    await tidings.close()
    authorize(true)
    sendBody()
    const stream = await opening
    await until(stream.isOver, 'the late stream was over')
    expect((await call).status).toBe(503)
    expect(tidings.stats()).toMatchObject({ connections: 0, subscriptions: 0, topics: 0, running: 0 })
  })

  it('does not wait for a client that does not read its stream', async () => {
    let isFull = false
    const tidings = createServer(contract, {
      room: { snapshot: () => ({ messages: [] }) },
      send: () => ({ text: '', sentAt: new Date(0) }),
      admin: {
        ping: () => {},
        count: async ({ emit }) => {
          for (;;) {
            const timer = setTimeout(() => {
              isFull = true
            }, 200)
            await emit.number(1e300 / 7)
            clearTimeout(timer)
          }
        },
      },
    })
    const { port } = new URL(await mount(expressHandler(tidings)))
    const socket = connect(Number(port), '127.0.0.1')
    onTestFinished(() => {
      socket.destroy()
    })
    socket.pause()
    const request =
      'POST /events/admin/count HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"to":1}'
    socket.write(request)
    await until(() => isFull, 'the handler was waiting for its client')
    await tidings.close({ drainMs: 20 })
    expect(tidings.stats().running).toBe(0)
  })

  it('writes the events emitted just before', async () => {
    const { tidings, url } = await start()
    const topic = await open(`${url}/ticks`)
    await topic.count(1)
    void tidings.emit.ticks().tick(1)
    await tidings.close()
    await until(topic.isOver, 'the stream was over')
    expect(topic.events.map((event) => event.data)).toContain('1')
  })
})

describe('creating a server', () => {
  const ok = {
    room: { snapshot: () => ({ messages: [] }) },
    send: () => ({ text: '', sentAt: new Date(0) }),
    admin: { ping: () => {}, count: async () => ({ total: 0 }) },
  }

  it.each<[string, object, RegExp]>([
    [
      'a missing command',
      { ...ok, send: undefined },
      /handlers\.send is missing\. The command needs a handler function/,
    ],
    ['a missing group', { ...ok, admin: undefined }, /handlers\.admin\.ping is missing/],
    [
      'a handler without a procedure',
      { ...ok, sned: () => {} },
      /handlers\.sned does not match a procedure .* room, ticks, send, admin/,
    ],
    ['a missing snapshot', { ...ok, room: {} }, /handlers\.room\.snapshot is missing/],
    [
      'a snapshot that is not declared',
      { ...ok, ticks: { snapshot: () => 1 } },
      /handlers\.ticks\.snapshot has no schema/,
    ],
    ['a function for a channel', { ...ok, room: () => {} }, /handlers\.room is a value of type function/],
    [
      'a history out of range',
      { ...ok, ticks: { history: { size: -1 } } },
      /handlers\.ticks\.history\.size is -1\. Give a whole number of 0 or more/,
    ],
  ])('refuses %s', (_what, handlers, message) => {
    expect(() => createServer(contract, handlers as never)).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringMatching(message) }),
    )
  })

  it('refuses missing handlers', () => {
    expect(() => (createServer as (given: typeof contract) => unknown)(contract)).toThrow(
      /handlers is missing\. Give an object with the handlers of room, ticks, send, admin/,
    )
  })

  it('refuses options out of range', () => {
    expect(() => createServer(contract, { heartbeatMs: Number.POSITIVE_INFINITY }, ok)).toThrow(
      /heartbeatMs is Infinity\. Give 2147483647 or less/,
    )
    expect(() => createServer(contract, { heartbeatMs: 0 }, ok)).toThrow(
      /heartbeatMs is 0\. Give a number of 1 or more/,
    )
    expect(() => createServer(contract, { history: { ms: Number.NaN } }, ok)).toThrow(/history\.ms is NaN/)
  })
})
