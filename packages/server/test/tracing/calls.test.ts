import { TidingsError } from '@tidings/core'
import { listen, pause } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { type Bus, memoryBus } from '../../src/index.js'
import { nodeHandler } from '../../src/node.js'
import { open, post } from '../harness.js'
import { idOf, parentOf, recordSpans, shown, startTraced, traceparent } from './harness.js'

describe('a command', () => {
  it("continues the client's trace, to its handler, its emits and their delivery", async () => {
    const spans = recordSpans()
    const { url } = await startTraced(spans, {
      send: async ({ input, emit }) => {
        await pause(1)
        spans.mark('in the handler')
        await emit.room({ roomId: 'lobby' }).typing('ada')
        return { text: input.text, sentAt: new Date(0) }
      },
    })
    const stream = await open(`${url}/room?roomId=lobby`)
    await stream.count(2)
    await spans.inSpan('client', (span) => post(`${url}/send`, { text: 'hello' }, traceparent(span)))
    await spans.span('deliver room')
    const [client, call] = [await spans.span('client'), await spans.span('send')]
    expect(shown(call)).toEqual({
      name: 'send',
      kind: 'SERVER',
      status: 'UNSET',
      attributes: { 'rpc.system.name': 'tidings', 'rpc.method': 'send' },
    })
    expect(parentOf(call)).toBe(idOf(client))
    expect(call.parentSpanContext?.isRemote).toBe(true)
    expect(parentOf(await spans.span('in the handler'))).toBe(idOf(call))
    expect(parentOf(await spans.span('emit room'))).toBe(idOf(call))
    const traces = ['send', 'emit room', 'deliver room'].map(
      (name) => spans.named(name)[0]?.spanContext().traceId,
    )
    expect(new Set(traces)).toEqual(new Set([client.spanContext().traceId]))
  })

  it('belongs to the span of the request, if HTTP is instrumented', async () => {
    const spans = recordSpans()
    const { tidings } = await startTraced(spans)
    const handle = nodeHandler(tidings)
    const { origin } = await listen((request, response) => {
      spans.tracer.startActiveSpan('POST', (span) => {
        response.on('finish', () => span.end())
        handle(request, response)
      })
    })
    await spans.inSpan('client', (span) =>
      post(`${origin}/events/send`, { text: 'hello' }, traceparent(span)),
    )
    expect(parentOf(await spans.span('send'))).toBe(idOf(await spans.span('POST')))
  })

  it('begins a trace with continueClientTraces: false', async () => {
    const spans = recordSpans()
    const { url } = await startTraced(spans, {}, { traced: { continueClientTraces: false } })
    await spans.inSpan('client', (span) => post(`${url}/send`, { text: 'hello' }, traceparent(span)))
    expect(parentOf(await spans.span('send'))).toBeUndefined()
  })

  it('has a status only if the server failed', async () => {
    const spans = recordSpans()
    const { url, errors } = await startTraced(spans, {
      send: ({ input, fail }) => {
        if (input.text === 'muted') throw fail('muted', { until: new Date(0) })
        if (input.text === 'paused') {
          throw new TidingsError({ code: 'muted', status: 503, message: 'no', data: { until: new Date(0) } })
        }
        if (input.text === 'forbidden') throw new TidingsError({ code: 'forbidden', message: 'no' })
        if (input.text === 'busy') throw new TidingsError({ code: 'unavailable', message: 'later' })
        if (input.text === 'broken') throw new RangeError('The disk is full')
        return { text: 1 as never, sentAt: new Date(0) }
      },
    })
    const outcomes: unknown[] = []
    for (const text of ['muted', 'paused', 'forbidden', 'busy', 'broken', 'wrong output', 'x'.repeat(21)]) {
      await post(`${url}/send`, { text })
      const { status, attributes, events } = await spans.span('send', outcomes.length + 1)
      const { 'rpc.status_code': code, 'error.type': type } = attributes
      const exceptions = events.map((event) => event.attributes?.['exception.type'])
      outcomes.push([code, type, status.code === 2, status.message, ...exceptions])
    }
    expect(outcomes).toEqual([
      ['muted', undefined, false, undefined],
      ['muted', undefined, false, undefined],
      ['forbidden', undefined, false, undefined],
      ['unavailable', 'unavailable', true, undefined],
      ['internal', 'internal', true, 'The disk is full', 'RangeError'],
      ['internal', 'internal', true, expect.stringContaining('the output of send'), 'invalid_output'],
      ['invalid_input', undefined, false, undefined],
    ])
    expect(errors).toHaveLength(2)
  })

  it('does not fail with an emit that it does not await', async () => {
    const spans = recordSpans()
    const bus = memoryBus()
    const append: Bus['append'] = async () => {
      throw new TidingsError({ code: 'unavailable', message: 'The bus is away' })
    }
    const { url, errors } = await startTraced(
      spans,
      {
        send: async ({ input, emit }) => {
          void emit.ticks().tick(1)
          await pause(1)
          return { text: input.text, sentAt: new Date(0) }
        },
      },
      { options: { bus: Object.assign(bus, { append }) } },
    )
    await post(`${url}/send`, { text: 'hello' })
    const call = await spans.span('send')
    expect(errors).toHaveLength(1)
    expect((await spans.span('emit ticks')).status.code).toBe(2)
    expect(call.status).toEqual({ code: 0 })
    expect(call.events).toEqual([])
  })

  it('is aborted, and not failed, if its caller leaves', async () => {
    const spans = recordSpans()
    const { url } = await startTraced(spans, {
      send: async ({ signal }) => {
        spans.mark('started')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        return { text: '', sentAt: new Date(0) }
      },
    })
    const leave = new AbortController()
    const left = fetch(`${url}/send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"hello"}',
      signal: leave.signal,
    }).catch(() => {})
    await spans.span('started')
    leave.abort()
    await left
    const { attributes, status } = await spans.span('send')
    expect(attributes['rpc.status_code']).toBe('aborted')
    expect(status).toEqual({ code: 0 })
  })

  it('has no span for a path that is not in the contract', async () => {
    const spans = recordSpans()
    const { url } = await startTraced(spans)
    expect((await post(`${url}/unknown`, {})).status).toBe(404)
    await post(`${url}/send`, { text: 'hello' })
    await spans.span('send')
    expect(spans.ended().map(({ name }) => name)).toEqual(['send'])
  })
})

describe('a stream', () => {
  it('has a span from its request to its end, in which every part of its generator runs', async () => {
    const spans = recordSpans()
    const { url } = await startTraced(spans, {
      admin: {
        ping: () => {},
        count: async function* ({ input }) {
          try {
            for (let data = 0; data < input.to; data += 1) {
              spans.mark('step')
              yield { type: 'number', data }
              await pause(1)
            }
            return { total: input.to }
          } finally {
            spans.mark('cleaned up')
          }
        },
      },
    })
    await spans.inSpan('client', (span) =>
      post(`${url}/admin/count`, { to: 3 }, traceparent(span)).catch(() => {}),
    )
    const run = await spans.span('admin/count')
    expect(shown(run)).toEqual({
      name: 'admin/count',
      kind: 'SERVER',
      status: 'UNSET',
      attributes: { 'rpc.system.name': 'tidings', 'rpc.method': 'admin/count' },
    })
    expect(parentOf(run)).toBe(idOf(await spans.span('client')))
    expect(spans.named('step').map(parentOf)).toEqual([idOf(run), idOf(run), idOf(run)])
    expect(parentOf(await spans.span('cleaned up'))).toBe(idOf(run))
    const order = spans.ended().map(({ name }) => name)
    expect(order.indexOf('admin/count')).toBeGreaterThan(order.indexOf('cleaned up'))
  })

  it('has a status only if the server failed', async () => {
    const spans = recordSpans()
    const { url } = await startTraced(spans, {
      admin: {
        ping: () => {},
        count: async ({ input, fail }) => {
          await pause(1)
          if (input.to === 1) throw fail('tooMany', { max: 1 })
          if (input.to === 2) throw new RangeError('The disk is full')
          return { total: 0 }
        },
      },
    })
    const outcomes: unknown[] = []
    for (const to of [0, 1, 2, -1]) {
      await fetch(`${url}/admin/count`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ to }),
      }).then((response) => response.text())
      const { status, attributes, events } = await spans.span('admin/count', outcomes.length + 1)
      const { 'rpc.status_code': code, 'error.type': type } = attributes
      const exceptions = events.map((event) => event.attributes?.['exception.type'])
      outcomes.push([code, type, status.code === 2, status.message, ...exceptions])
    }
    expect(outcomes).toEqual([
      [undefined, undefined, false, undefined],
      ['tooMany', undefined, false, undefined],
      ['internal', 'internal', true, 'The disk is full', 'RangeError'],
      ['invalid_input', undefined, false, undefined],
    ])
  })

  it('is aborted if its client leaves', async () => {
    const spans = recordSpans()
    const { url } = await startTraced(spans, {
      admin: {
        ping: () => {},
        count: {
          lingerMs: 0,
          run: async ({ emit, signal }) => {
            await emit.number(1)
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            return { total: 0 }
          },
        },
      },
    })
    const stream = await open(`${url}/admin/count`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"to":1}',
    })
    await stream.count(2)
    expect(spans.ended()).toEqual([])
    stream.leave()
    const { attributes, status } = await spans.span('admin/count')
    expect(attributes['rpc.status_code']).toBe('cancelled')
    expect(status).toEqual({ code: 0 })
  })
})
