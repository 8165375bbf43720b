import { TraceFlags } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Bus, createEmitter, createServer, memoryBus } from '../../src/index.js'
import { tracing } from '../../src/tracing.js'
import { sharedBuses } from '../bus/shared-buses.js'
import { contract } from '../contract.js'
import { open } from '../harness.js'
import { idOf, parentOf, recordSpans, type Spans, shown, startTraced } from './harness.js'

const emitted = {
  'messaging.system.name': 'tidings',
  'messaging.operation.name': 'emit',
  'messaging.operation.type': 'send',
  'messaging.destination.name': 'room?roomId=lobby',
  'messaging.destination.template': 'room',
  'tidings.event': 'typing',
}

/** Records the bodies that are appended to a bus. */
function recordBodies(bus: Bus): { bus: Bus; bodies: string[] } {
  const bodies: string[] = []
  const append: Bus['append'] = (topic, body, keep) => {
    if (topic.startsWith('room')) bodies.push(body)
    return bus.append(topic, body, keep)
  }
  const recording = new Proxy(bus, {
    get(target, name: keyof Bus) {
      const method = name === 'append' ? append : target[name]
      return typeof method === 'function' ? method.bind(target) : method
    },
  })
  return { bus: recording, bodies }
}

const lobby = 'room?roomId=lobby'
const emitIn = (spans: Spans, { tidings }: Awaited<ReturnType<typeof startTraced>>, text: string) =>
  spans.inSpan('job', () => tidings.emit.room({ roomId: 'lobby' }).typing(text))

describe('an event', () => {
  it('has one span for its emit and one for its delivery, however many subscribers it has', async () => {
    const spans = recordSpans()
    const server = await startTraced(spans)
    const streams = await Promise.all([1, 2, 3].map(() => open(`${server.url}/${lobby}`)))
    for (const stream of streams) await stream.count(2)
    await emitIn(spans, server, 'ada')
    const [received] = await Promise.all(streams.map((stream) => stream.count(3)))
    const [job, emit, deliver] = [
      await spans.span('job'),
      await spans.span('emit room'),
      await spans.span('deliver room'),
    ]
    expect(shown(emit)).toEqual({
      name: 'emit room',
      kind: 'PRODUCER',
      status: 'UNSET',
      attributes: emitted,
    })
    expect(parentOf(emit)).toBe(idOf(job))
    expect(shown(deliver)).toEqual({
      name: 'deliver room',
      kind: 'CONSUMER',
      status: 'UNSET',
      attributes: {
        'messaging.system.name': 'tidings',
        'messaging.operation.name': 'deliver',
        'messaging.operation.type': 'process',
        'messaging.destination.name': lobby,
        'messaging.destination.template': 'room',
        'messaging.message.id': received?.[2]?.id,
        'tidings.subscribers': 3,
      },
    })
    expect(parentOf(deliver)).toBe(idOf(emit))
    expect(deliver.links.map(({ context }) => context.spanId)).toEqual([idOf(emit)])
    expect(deliver.instrumentationScope).toMatchObject({
      name: 'tidings',
      schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
    })
    expect(spans.named('deliver room')).toHaveLength(1)
  })

  it('is delivered in its own trace, even if others are emitted in the same turn', async () => {
    const spans = recordSpans()
    const server = await startTraced(spans)
    const stream = await open(`${server.url}/${lobby}`)
    await stream.count(2)
    await Promise.all(['a', 'b', 'c'].map((text) => emitIn(spans, server, text)))
    await spans.span('deliver room', 3)
    expect(spans.named('deliver room').map(parentOf)).toEqual(spans.named('emit room').map(idOf))
    expect(new Set(spans.named('deliver room').map((span) => span.spanContext().traceId)).size).toBe(3)
  })

  it('has no delivery without subscribers', async () => {
    const spans = recordSpans()
    const server = await startTraced(spans)
    const stream = await open(`${server.url}/${lobby}`)
    await stream.count(2)
    stream.leave()
    await until(() => server.tidings.stats().connections === 0, 'the subscriber had left')
    await emitIn(spans, server, 'nobody')
    const other = await open(`${server.url}/ticks`)
    await other.count(1)
    await server.tidings.emit.ticks().tick(1)
    await spans.span('deliver ticks')
    expect(spans.named('emit room')).toHaveLength(1)
    expect(spans.named('deliver room')).toEqual([])
  })

  it('has no delivery with deliveries: false', async () => {
    const spans = recordSpans()
    const server = await startTraced(spans, {}, { traced: { deliveries: false } })
    const stream = await open(`${server.url}/${lobby}`)
    await stream.count(2)
    await emitIn(spans, server, 'ada')
    await stream.count(3)
    expect(spans.ended().map(({ name }) => name)).toEqual(['subscribe room', 'emit room', 'job'])
  })

  it('that fails to reach the bus has a span with the error', async () => {
    const spans = recordSpans()
    const bus = memoryBus()
    const server = await startTraced(spans, {}, { options: { bus } })
    await bus.close()
    await server.tidings.emit
      .room({ roomId: 'lobby' })
      .typing('ada')
      .catch(() => {})
    const emit = await spans.span('emit room')
    expect(shown(emit)).toMatchObject({ status: 'ERROR', attributes: { 'error.type': 'unavailable' } })
    expect(emit.status.message).toBe('The bus is closed and can no longer be used')
    expect(emit.events.map(({ name }) => name)).toEqual(['exception'])
  })
})

describe.each(sharedBuses())('an event on a bus in $what', ({ connect }) => {
  it('carries its trace to the nodes, and not to their clients', async () => {
    const spans = recordSpans()
    const { bus, bodies } = recordBodies(connect())
    const one = await startTraced(spans, {}, { options: { bus } })
    const other = await startTraced(spans, {}, { options: { bus: connect() } })
    const streams = await Promise.all([one, other].map(({ url }) => open(`${url}/${lobby}`)))
    for (const stream of streams) await stream.count(2)
    await emitIn(spans, one, 'ada')
    for (const stream of streams) await stream.count(3)
    await spans.span('deliver room', 2)
    const emit = await spans.span('emit room')
    expect(spans.named('deliver room').map(parentOf)).toEqual([idOf(emit), idOf(emit)])
    const { traceId, spanId } = emit.spanContext()
    expect(bodies).toEqual([`event: typing\n:{"traceparent":"00-${traceId}-${spanId}-01"}\ndata: "ada"\n\n`])
    for (const stream of streams) expect(stream.text()).toMatch(/\nevent: typing\ndata: "ada"\n\n$/)
  })
})

describe('an event on a bus', () => {
  it('reaches the clients of a node that is not traced without its trace, live and from the history', async () => {
    const spans = recordSpans()
    const bus = memoryBus()
    const traced = await startTraced(spans, {}, { options: { bus } })
    const plain = await startTraced(
      recordSpans(),
      {},
      {
        options: { bus: memoryBus({ shareWith: bus }), tracing: undefined as never },
      },
    )
    const stream = await open(`${plain.url}/${lobby}`)
    await stream.count(2)
    await emitIn(spans, traced, 'ada')
    await emitIn(spans, traced, 'bob')
    await stream.count(4)
    const resumed = await open(`${traced.url}/${lobby}`, {
      headers: { 'last-event-id': stream.events[2]?.id ?? '' },
    })
    await resumed.count(2)
    for (const { text } of [stream, resumed]) expect(text()).not.toContain('traceparent')
    expect(resumed.events[1]?.data).toBe('"bob"')
  })

  it('of an emitter is delivered in the trace of its emit', async () => {
    const spans = recordSpans()
    const bus = memoryBus()
    const server = await startTraced(spans, {}, { options: { bus } })
    const stream = await open(`${server.url}/${lobby}`)
    await stream.count(2)
    const emitter = createEmitter(contract, {
      bus: memoryBus({ shareWith: bus }),
      tracing: tracing({ tracerProvider: spans.tracerProvider }),
    })
    onTestFinished(() => emitter.close())
    await spans.inSpan('worker', () => emitter.emit.room({ roomId: 'lobby' }).typing('ada'))
    const deliver = await spans.span('deliver room')
    expect(shown(await spans.span('emit room'))?.attributes).toEqual(emitted)
    expect(parentOf(await spans.span('emit room'))).toBe(idOf(await spans.span('worker')))
    expect(parentOf(deliver)).toBe(idOf(await spans.span('emit room')))
    expect(deliver.parentSpanContext?.isRemote).toBe(true)
  })

  it('carries nothing if its trace is not sampled', async () => {
    const spans = recordSpans(new AlwaysOffSampler())
    const { bus, bodies } = recordBodies(memoryBus())
    const server = await startTraced(spans, {}, { options: { bus } })
    const stream = await open(`${server.url}/${lobby}`)
    await stream.count(2)
    const flags = await spans.inSpan('job', async (span) => {
      await server.tidings.emit.room({ roomId: 'lobby' }).typing('ada')
      return span.spanContext().traceFlags
    })
    await stream.count(3)
    expect(flags).toBe(TraceFlags.NONE)
    expect(bodies).toEqual(['event: typing\ndata: "ada"\n\n'])
    expect(spans.ended()).toEqual([])
  })

  it('is delivered if its trace cannot be read', async () => {
    const spans = recordSpans()
    const bus = memoryBus()
    const server = await startTraced(spans, {}, { options: { bus } })
    const stream = await open(`${server.url}/${lobby}`)
    await stream.count(2)
    const keep = { size: 10, ms: 60_000 }
    for (const text of ['not json', 'null', '{"traceparent":"00-wrong"}']) {
      await bus.append(lobby, `event: typing\n:${text}\ndata: "ada"\n\n`, keep)
    }
    const events = await stream.count(5)
    expect(events.slice(2).map(({ data }) => data)).toEqual(['"ada"', '"ada"', '"ada"'])
    expect(spans.named('deliver room')).toEqual([])
  })
})

describe('a source', () => {
  it('emits outside of the trace of the request that started it', async () => {
    const spans = recordSpans()
    const server = await startTraced(spans, {
      ticks: {
        source: async ({ emit, signal }) => {
          spans.mark('in the source')
          await emit.tick(1)
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        },
      },
    })
    const stream = await spans.inSpan('client', async (span) =>
      open(`${server.url}/ticks`, {
        headers: { traceparent: `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01` },
      }),
    )
    await stream.count(2)
    expect(parentOf(await spans.span('subscribe ticks'))).toBe(idOf(await spans.span('client')))
    expect(parentOf(await spans.span('in the source'))).toBeUndefined()
    expect(parentOf(await spans.span('emit ticks'))).toBeUndefined()
  })
})

it('refuses an option that is not a tracing', () => {
  const wrong = { tracing: {} as never }
  expect(() => createServer(contract, wrong, {} as never)).toThrow(
    'createServer: tracing is a value of type object. Give the result of tracing() of @tidings/server/tracing',
  )
  expect(() => createEmitter(contract, { bus: memoryBus(), ...wrong })).toThrow('createEmitter: tracing is')
  expect(() => tracing({ traces: true } as never)).toThrow('tracing: options has unknown key "traces"')
})
