import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { isTidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../src/express.js'
import { createServer } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, post } from './harness.js'

type CountHandler = Extract<
  Parameters<typeof createServer<typeof contract, undefined>>[2]['admin']['count'],
  (...args: never) => unknown
>

async function start(count: CountHandler, options: { heartbeatMs?: number } = {}) {
  const errors: unknown[] = []
  const tidings = createServer(
    contract,
    { onError: (error) => errors.push(error), ...options },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: () => ({ text: '', sentAt: new Date(0) }),
      admin: { ping: () => {}, count: { run: count, lingerMs: 0, maxBytes: 1024 * 1024 } },
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
    const [opened, ...events] = stream.events
    expect(opened?.event).toBe('$open')
    const epoch = opened?.id?.replace('.0', '')
    expect(events).toEqual([
      { id: `${epoch}.1`, event: 'number', data: '1' },
      { id: `${epoch}.2`, event: 'number', data: '2' },
      { id: `${epoch}.3`, event: '$output', data: '{"total":2}' },
    ])
    await until(() => tidings.stats().running === 0, 'nothing was running')
  })

  it('sends a hundred thousand events in order, no faster than they are read', async () => {
    const { call } = await start(handler)
    const stream = await call(100_000)
    await until(stream.isOver, 'the stream was over')
    expect(stream.events).toHaveLength(100_002)
    expect(stream.events.every(({ id }, index) => id?.endsWith(`.${index}`))).toBe(true)
  })

  it('refuses invalid input before it begins', async () => {
    const { url } = await start(handler)
    const { status, body } = await post(url, { to: -1 })
    expect([status, body.code]).toEqual([400, 'invalid_input'])
  })
})

describe('a stream', () => {
  it('pauses its handler while the client does not read', async () => {
    let yielded = 0
    const { url } = await start(async function* () {
      for (; yielded < 100_000; yielded += 1) yield { type: 'number', data: 1e300 / 7 }
      return { total: yielded }
    })
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: '{"to":1}', signal: abort.signal })
    let before = -1
    while (before !== yielded) {
      before = yielded
      await wait(100)
    }
    expect(yielded).toBeLessThan(100_000)
    expect(response.bodyUsed).toBe(false)
  })

  it('sends heartbeats while its handler emits nothing', async () => {
    const { call } = await start(
      async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return { total: 0 }
      },
      { heartbeatMs: 20 },
    )
    const stream = await call(1)
    await until(() => stream.text().endsWith(':\n\n:\n\n'), 'two heartbeats had come')
    expect(stream.events.map(({ event }) => event)).toEqual(['$open'])
  })

  it('ends with a declared error in-band, with its data', async () => {
    const { call, errors } = await start(async ({ emit, fail }) => {
      await emit.number(1)
      throw fail('tooMany', { max: 3 })
    })
    const stream = await call(9)
    await until(stream.isOver, 'the stream was over')
    expect(stream.events[2]?.event).toBe('$error')
    expect(JSON.parse(String(stream.events[2]?.data))).toMatchObject({
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

  it('lets a generator catch its own invalid payload and continue', async () => {
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
    expect(stream.events.map((event) => event.event)).toEqual(['$open', 'number', '$output'])
  })

  it("runs a generator's finally and a function's signal when its client leaves", async () => {
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
    await stream.count(3)
    stream.leave()
    await until(() => cleaned === 1, 'the generator had cleaned up')
    await until(() => tidings.stats().running === 0, 'nothing was running')
    expect(errors).toEqual([])
  })

  it('ends when its handler emits without waiting and its client does not read', async () => {
    const rejections: unknown[] = []
    const text = 'x'.repeat(64 * 1024)
    let isAborted = false
    const { url, errors, tidings } = await start(async ({ emit, signal }) => {
      while (!signal.aborted) {
        emit.text(text).catch((error) => rejections.push(error))
        await wait(1)
      }
      isAborted = true
      emit.text(text).catch((error) => rejections.push(error))
      await emit.text(text)
      return { total: 0 }
    })
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    const headers = { 'content-type': 'application/json' }
    // The whole response: one without references is closed when its memory is freed.
    const response = await fetch(url, { method: 'POST', headers, body: '{"to":1}', signal: abort.signal })
    await until(() => isAborted && tidings.stats().running === 0, 'the run was over')
    const overflow = expect.objectContaining({
      code: 'too_large',
      message: expect.stringContaining('Await each emit'),
    })
    expect(errors).toEqual([overflow])
    expect(new Set(rejections)).toEqual(new Set(errors))
    // The client gets all that was written, and then learns that something is missing.
    const events: EventSourceMessage[] = []
    const parser = createParser({ onEvent: (event) => events.push(event) })
    const body = response.body as ReadableStream<Uint8Array<ArrayBuffer>>
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      parser.feed(piece)
    }
    expect(events.every(({ id }, index) => id?.endsWith(`.${index}`))).toBe(true)
    expect(events.slice(1, -1).every(({ event }) => event === 'text')).toBe(true)
    expect(events.at(-1)?.event).toBe('$error')
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({ code: 'too_large', status: 500 })
  })

  it('rejects emits after its end, and throws for an invalid payload', async () => {
    const emits: Parameters<CountHandler>[0]['emit'][] = []
    const { call, errors } = await start(async ({ input, emit, signal }) => {
      emits.push(emit)
      if (input.to > 0) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { total: 0 }
    })
    await until((await call(0)).isOver, 'the run was over')
    const stream = await call(1)
    stream.leave()
    const [over, left] = emits
    await expect(over?.number(1)).rejects.toMatchObject({ code: 'closed' })
    await until(stream.isOver, 'the client had left')
    for (let code = ''; code !== 'aborted'; ) {
      code = await Promise.resolve(left?.number(1)).then(
        () => 'written',
        (error) => error.code,
      )
      await wait(1)
    }
    for (const emit of emits) expect(() => emit.number('1' as never)).toThrow('did not fit')
    expect(errors).toEqual([])
  })

  it('may return before its client has read all events', async () => {
    const text = 'x'.repeat(64 * 1024)
    const outcomes: Promise<unknown>[] = []
    const { url, tidings } = await start(async ({ emit }) => {
      for (let n = 0; n < 10; n += 1) outcomes.push(emit.text(text))
      return { total: 10 }
    })
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    onTestFinished(() => {
      socket.destroy()
    })
    socket.write(
      'POST /events/admin/count HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"to":1}',
    )
    await until(() => outcomes.length === 10 && tidings.stats().running === 0, 'the run was over')
    await Promise.all(outcomes)
  })
})
