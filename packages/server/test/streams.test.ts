import { setTimeout as wait } from 'node:timers/promises'
import { isTidingsError } from '@tidings/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, post, until } from './harness.js'

type CountHandler = Parameters<typeof createServer<typeof contract, undefined>>[2]['admin']['count']

async function start(count: CountHandler, options: { heartbeatMs?: number } = {}) {
  const errors: unknown[] = []
  const tidings = createServer(
    contract,
    { onError: (error) => errors.push(error), ...options },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: () => ({ text: '', sentAt: new Date(0) }),
      admin: { ping: () => {}, count },
    },
  )
  onTestFinished(() => tidings.close())
  const url = `${await mount(expressHandler(tidings))}/admin/count`
  const call = (to: number) =>
    open(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to }),
    })
  return { tidings, errors, url, call }
}

const generator: CountHandler = async function* ({ input }) {
  for (let n = 1; n <= input.to; n += 1) yield { type: 'number', data: n }
  return { total: input.to }
}

const emitting: CountHandler = async ({ input, emit }) => {
  for (let n = 1; n <= input.to; n += 1) await emit.number(n)
  return { total: input.to }
}

describe.each([
  ['an async generator', generator],
  ['an async function that emits', emitting],
])('a stream handled by %s', (_what, handler) => {
  it('sends its events, numbered, then its output, and ends', async () => {
    const { tidings, call } = await start(handler)
    const stream = await call(2)
    await until(stream.isOver, 'the stream was over')
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
    expect(stream.text()).toBe(
      'id: 1\nevent: number\ndata: 1\n\nid: 2\nevent: number\ndata: 2\n\nid: 3\nevent: $output\ndata: {"total":2}\n\n',
    )
    await until(() => tidings.stats().running === 0, 'nothing was running')
  })

  it('sends a hundred thousand events in order, no faster than they are read', async () => {
    const { call } = await start(handler)
    const stream = await call(100_000)
    await until(stream.isOver, 'the stream was over')
    expect(stream.events).toHaveLength(100_001)
    expect(stream.events.every((event, index) => event.id === String(index + 1))).toBe(true)
  })

  it('refuses input that does not fit before it begins', async () => {
    const { url } = await start(handler)
    const { status, body } = await post(url, { to: -1 })
    expect([status, body.code]).toEqual([400, 'invalid_input'])
  })
})

describe('a stream', () => {
  it('holds its handler back while the client does not read', async () => {
    let yielded = 0
    const { url } = await start(async function* () {
      for (; yielded < 100_000; yielded += 1) yield { type: 'number', data: 1e300 / 7 }
      return { total: yielded }
    })
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    const headers = { 'content-type': 'application/json' }
    await fetch(url, { method: 'POST', headers, body: '{"to":1}', signal: abort.signal })
    let before = -1
    while (before !== yielded) {
      before = yielded
      await wait(100)
    }
    expect(yielded).toBeLessThan(100_000)
  })

  it('shows that it is alive while its handler has nothing to say', async () => {
    const { call } = await start(
      async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return { total: 0 }
      },
      { heartbeatMs: 20 },
    )
    const stream = await call(1)
    await until(() => stream.text().startsWith(':\n\n:\n\n'), 'two heartbeats had come')
    expect(stream.events).toEqual([])
  })

  it('ends with a declared error in-band, with its data', async () => {
    const { call, errors } = await start(async ({ emit, fail }) => {
      await emit.number(1)
      throw fail('tooMany', { max: 3 })
    })
    const stream = await call(9)
    await until(stream.isOver, 'the stream was over')
    expect(stream.events[1]?.event).toBe('$error')
    expect(JSON.parse(String(stream.events[1]?.data))).toMatchObject({
      code: 'tooMany',
      status: 422,
      data: { max: 3 },
    })
    expect(errors).toEqual([])
  })

  it.each<[string, CountHandler]>([
    [
      'throws',
      async function* () {
        yield { type: 'number', data: 1 }
        throw new Error('hunter2')
      },
    ],
    [
      'throws before its first event',
      () => {
        throw new Error('hunter2')
      },
    ],
    [
      'yields what does not fit',
      async function* () {
        yield { type: 'number', data: 'hunter2' as never }
        return { total: 0 }
      },
    ],
    [
      'yields an event that is not declared',
      async function* () {
        yield { type: 'nombre', data: 1 } as never
        return { total: 0 }
      },
    ],
    [
      'emits what does not fit',
      async ({ emit }) => {
        await emit.number('hunter2' as never)
        return { total: 0 }
      },
    ],
    ['returns what does not fit', async () => ({ total: 'hunter2' }) as never],
  ])('ends with internal, and tells onError, where its handler %s', async (_what, handler) => {
    const { call, errors } = await start(handler)
    const stream = await call(1)
    await until(stream.isOver, 'the stream was over')
    expect(stream.events.at(-1)?.event).toBe('$error')
    expect(stream.text()).toContain('"code":"internal"')
    expect(stream.text()).not.toContain('hunter2')
    expect(errors).toHaveLength(1)
  })

  it('lets a generator catch its own misfit and go on', async () => {
    const { call } = await start(async function* () {
      try {
        yield { type: 'number', data: 'one' as never }
      } catch (error) {
        if (!isTidingsError(error) || error.code !== 'invalid_output') throw error
        yield { type: 'number', data: 1 }
      }
      return { total: 1 }
    })
    const stream = await call(1)
    await until(stream.isOver, 'the stream was over')
    expect(stream.events.map((event) => event.event)).toEqual(['number', '$output'])
  })

  it('is left: a generator runs its finally, a function its signal, and nothing goes on running', async () => {
    let cleaned = 0
    const endless: CountHandler = async function* ({ signal }) {
      try {
        for (;;) {
          yield { type: 'number', data: 1 }
          await wait(1, undefined, { signal }).catch(() => {})
        }
      } finally {
        cleaned += 1
      }
    }
    const { tidings, call, errors } = await start(endless)
    const stream = await call(1)
    await stream.count(2)
    stream.leave()
    await until(() => cleaned === 1, 'the generator had cleaned up')
    await until(() => tidings.stats().running === 0, 'nothing was running')
    expect(errors).toEqual([])
  })

  it('refuses an emit that is not awaited while the client does not read, rather than keep it all', async () => {
    let thrown: unknown
    const { url } = await start(async ({ emit }) => {
      try {
        for (let n = 0; n < 1_000_000; n += 1) void emit.number(1e300 / 7)
      } catch (error) {
        thrown = error
      }
      return { total: 0 }
    })
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    const headers = { 'content-type': 'application/json' }
    await fetch(url, { method: 'POST', headers, body: '{"to":1}', signal: abort.signal })
    await until(() => thrown !== undefined, 'an emit had thrown')
    expect(thrown).toMatchObject({ message: expect.stringContaining('Await each emit') })
  })
})
