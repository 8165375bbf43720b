import { connect, type Socket } from 'node:net'
import { channel, defineContract, stream } from '@tidings/core'
import { pause, until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type Hooks, type ServerOptions } from '../src/index.js'
import { mount, open } from './harness.js'

const contract = defineContract({
  ticks: channel({ events: { tick: z.union([z.number(), z.string()]) } }),
  room: channel({
    params: { roomId: z.string() },
    snapshot: z.string(),
    events: { typing: z.string() },
  }),
  count: stream({ events: { text: z.string() } }),
})

async function start(options: ServerOptions<{ user: string | null }> = {}, snapshot = async () => 'state') {
  const told: [string, object][] = []
  const hook = (name: keyof Hooks) => (about: object) => void told.push([name, about])
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => ({ user: headers.get('authorization') }),
      principal: ({ user }) => user ?? undefined,
      hooks: {
        connected: hook('connected'),
        disconnected: hook('disconnected'),
        gap: hook('gap'),
        refused: hook('refused'),
      },
      ...options,
    },
    {
      room: { authorize: ({ params }) => params.roomId !== 'staff', snapshot },
      count: async ({ emit }) => {
        for (;;) await emit.text('x'.repeat(100_000))
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, told, url: await mount(expressHandler(tidings)) }
}

/** A client that sends a request and does not read the answer. */
async function stalled(url: string, path: string, method = 'GET', headers = ''): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  socket.on('error', () => {})
  socket.write(`${method} /events/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`)
  await new Promise((resolve) => socket.once('readable', resolve))
  return socket
}

describe('too many connections', () => {
  it.each([
    ['in all', { connections: 2 }, 503, 'unavailable', 'connections'],
    ['from one address', { connectionsPerAddress: 2 }, 429, 'too_many_requests', 'connectionsPerAddress'],
    ['of one principal', { connectionsPerPrincipal: 2 }, 429, 'too_many_requests', 'connectionsPerPrincipal'],
  ])(
    '%s are refused, told when to try again, and let in when there is room',
    async (_what, limits, status, code, limit) => {
      const { tidings, told, url } = await start({ limits, retryMs: 4_000 })
      const headers = { authorization: 'ada' }
      const [first] = await Promise.all([
        open(`${url}/ticks`, { headers }),
        open(`${url}/ticks`, { headers }),
      ])
      const refused = await fetch(`${url}/ticks`, { headers })
      expect(refused.status).toBe(status)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(2)
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(6)
      expect(await refused.json()).toMatchObject({ code, retryAfterMs: expect.any(Number) })
      expect(told.at(-1)).toEqual([
        'refused',
        { kind: 'topic', address: '127.0.0.1', principal: 'ada', topics: ['ticks'], limit },
      ])
      expect(tidings.stats()).toMatchObject({ connections: 2, refused: 1 })
      first.leave()
      await until(() => tidings.stats().connections === 1, 'one had left')
      expect((await open(`${url}/ticks`, { headers })).response.status).toBe(200)
    },
  )

  it('of one principal do not limit another, nor anonymous clients', async () => {
    const { url } = await start({ limits: { connectionsPerPrincipal: 1 } })
    const statuses = [undefined, undefined, 'ada', 'bob'].map(async (user) => {
      const headers: Record<string, string> = user ? { authorization: user } : {}
      return (await open(`${url}/ticks`, { headers })).response.status
    })
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 200])
  })

  it('at the same time are counted before they open, and released when refused', async () => {
    const { url } = await start({ limits: { connections: 3 } })
    const forbidden = await Promise.all(Array.from({ length: 3 }, () => fetch(`${url}/room?roomId=staff`)))
    expect(forbidden.map(({ status }) => status)).toEqual([403, 403, 403])
    const streams = await Promise.all(Array.from({ length: 10 }, () => open(`${url}/room?roomId=a`)))
    expect(streams.filter(({ response }) => response.status === 200)).toHaveLength(3)
  })

  it('do not count clients that left before they were admitted', async () => {
    const { tidings, url } = await start({
      limits: { connections: 1 },
      context: async () => {
        await pause(20)
        return { user: null }
      },
    })
    for (let n = 0; n < 5; n += 1) {
      const abort = new AbortController()
      const left = fetch(`${url}/ticks`, { signal: abort.signal }).catch(() => 'left')
      setTimeout(() => abort.abort(), 5)
      expect(await left).toBe('left')
    }
    await pause(50)
    expect(tidings.stats().connections).toBe(0)
    expect((await open(`${url}/ticks`)).response.status).toBe(200)
  })
})

describe('a connection', () => {
  it('receives its own reconnect delay', async () => {
    const { url } = await start({ retryMs: 1_000 })
    const streams = await Promise.all(Array.from({ length: 20 }, () => open(`${url}/ticks`)))
    await Promise.all(streams.map((stream) => stream.count(1)))
    const hints = streams.map((stream) => Number(/^retry: (\d+)$/m.exec(stream.text())?.[1]))
    expect(Math.min(...hints)).toBeGreaterThanOrEqual(500)
    expect(Math.max(...hints)).toBeLessThanOrEqual(1_500)
    expect(new Set(hints).size).toBeGreaterThan(10)
  })

  it('ends after its lifetime, completely, and can be resumed', async () => {
    const { tidings, told, url } = await start({ maxConnectionMs: 100 })
    const stream = await open(`${url}/ticks`)
    await tidings.emit.ticks().tick(1)
    const last = (await stream.count(2)).at(-1)?.id
    await until(stream.isOver, 'it was over')
    expect(told.at(-1)).toEqual(['disconnected', expect.objectContaining({ reason: 'expired' })])
    const next = await open(`${url}/ticks`, { headers: { 'last-event-id': String(last) } })
    await tidings.emit.ticks().tick(2)
    expect((await next.count(2))[1]?.data).toBe('2')
  })

  it('is cut when its client does not read for too long, unlike one that is read', async () => {
    const { tidings, told, url } = await start({ stallMs: 100 })
    const reader = await open(`${url}/ticks`)
    const socket = await stalled(url, 'ticks')
    const padding = 'x'.repeat(500_000)
    for (let n = 0; tidings.stats().lagging === 0; n += 1) {
      await tidings.emit.ticks().tick(padding)
      await reader.count(n + 2)
    }
    await until(() => tidings.stats().stalled === 1, 'the stalled one was cut')
    await until(() => tidings.stats().connections === 1, 'it had left')
    expect(told.at(-1)).toEqual(['disconnected', expect.objectContaining({ reason: 'stalled' })])
    expect(reader.isOver()).toBe(false)
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
  })

  it('of an unread stream is cut', async () => {
    const { tidings, url } = await start({ stallMs: 100 })
    const body = 'Content-Type: application/json\r\nContent-Length: 2\r\n'
    const socket = await stalled(url, 'count', 'POST', body)
    socket.write('{}')
    await until(() => tidings.stats().running === 1, 'the stream was running')
    await until(() => tidings.stats().running === 0, 'the stream was cut')
  })

  it('receives a retryable error when its snapshot takes too long', async () => {
    const errors: unknown[] = []
    let signal: AbortSignal | undefined
    let isSlow = true
    const tidings = createServer(
      contract,
      { snapshotMs: 30, onError: (error) => errors.push(error) },
      {
        room: {
          snapshot: (request) => {
            signal = request.signal
            return isSlow ? new Promise<string>(() => {}) : 'state'
          },
        },
        count: async () => {},
      },
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const url = await mount(expressHandler(tidings))
    const stream = await open(`${url}/room?roomId=a`)
    await until(stream.isOver, 'it was over')
    expect(stream.events.at(-1)).toMatchObject({
      event: '$error',
      data: expect.stringContaining('"internal"'),
    })
    expect(errors).toEqual([
      expect.objectContaining({ message: 'The snapshot of room?roomId=a took longer than 30 ms' }),
    ])
    expect(signal?.aborted).toBe(true)
    isSlow = false
    expect((await (await open(`${url}/room?roomId=a`)).count(2))[1]).toMatchObject({
      event: '$snapshot',
      data: '"state"',
    })
  })
})

describe('stats and hooks', () => {
  it('report connections, their ends with reasons, and the bytes written', async () => {
    const { tidings, told, url } = await start({ history: { size: 1 } })
    const [first, second] = await Promise.all([
      open(`${url}/ticks`),
      open(`${url}/ticks`, { headers: { authorization: 'ada' } }),
    ])
    for (let n = 1; n <= 3; n += 1) await tidings.emit.ticks().tick(n)
    await Promise.all([first.count(4), second.count(4)])
    await tidings.emit.room({ roomId: 'nobody' }).typing('to nobody')
    const bytes = first.text().length + second.text().length
    expect(tidings.stats()).toEqual({
      connections: 2,
      subscriptions: 2,
      lagging: 0,
      topics: 1,
      running: 0,
      runs: 0,
      emits: 4,
      deliveries: 6,
      bytes,
      gaps: 0,
      refused: 0,
      stalled: 0,
    })
    const id = first.events[1]?.id
    first.leave()
    await until(() => tidings.stats().connections === 1, 'the first had left')
    await open(`${url}/ticks`, { headers: { 'last-event-id': String(id) } })
    expect(tidings.stats().gaps).toBe(1)
    const anyone = { kind: 'topic', address: '127.0.0.1', principal: undefined, topics: ['ticks'] }
    expect(told).toEqual([
      ['connected', expect.objectContaining({ topics: ['ticks'] })],
      ['connected', expect.objectContaining({ topics: ['ticks'] })],
      ['disconnected', { ...anyone, reason: 'left', durationMs: expect.any(Number) }],
      ['connected', anyone],
      ['gap', { ...anyone, topic: 'ticks', reason: 'expired' }],
    ])
  })

  it('do not affect a connection when they throw', async () => {
    const errors: [unknown, string][] = []
    const { url } = await start({
      hooks: {
        connected: () => {
          throw new Error('no log')
        },
      },
      onError: (error, { place }) => errors.push([error, place]),
    })
    await (await open(`${url}/ticks`)).count(1)
    expect(errors).toEqual([[expect.objectContaining({ message: 'no log' }), 'hooks.connected']])
  })
})

describe('closing over a while', () => {
  it('sends each connection its own reconnect delay within the drain, as field and as signal', async () => {
    const { tidings, told, url } = await start({ retryMs: 1_000 })
    const streams = await Promise.all(Array.from({ length: 50 }, () => open(`${url}/ticks`)))
    await Promise.all(streams.map((stream) => stream.count(1)))
    void tidings.emit.ticks().tick(1)
    await tidings.close({ drainMs: 3_000 })
    await until(() => streams.every((stream) => stream.isOver()), 'all were over')
    const hints = streams.map((stream) => {
      const [, event] = stream.events
      expect(event).toMatchObject({ event: 'tick' })
      const { code, retryAfterMs } = JSON.parse(String(stream.events.at(-1)?.data))
      expect([stream.events.at(-1)?.event, code]).toEqual(['$error', 'unavailable'])
      expect(Number(/^retry: (\d+)$/gm.exec(stream.text().slice(stream.text().indexOf('tick')))?.[1])).toBe(
        retryAfterMs,
      )
      return retryAfterMs as number
    })
    // Half to one and a half of `retryMs`, and then the drain.
    expect(Math.min(...hints)).toBeGreaterThanOrEqual(500)
    expect(Math.max(...hints)).toBeLessThanOrEqual(4_500)
    for (const second of [1, 2, 3]) {
      expect(hints.filter((hint) => Math.floor(hint / 1_000) === second).length).toBeGreaterThan(1)
    }
    expect(told.at(-1)).toEqual(['disconnected', expect.objectContaining({ reason: 'closed' })])
  })
})
