import { listen, pause } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { memoryBus } from '../../src/index.js'
import { nodeHandler } from '../../src/node.js'
import { open, post } from '../harness.js'
import { idOf, parentOf, recordSpans, type Spans, shown, startTraced, traceparent } from './harness.js'

const subscribed = {
  'messaging.system.name': 'tidings',
  'messaging.operation.name': 'subscribe',
  'messaging.destination.name': 'room?roomId=lobby',
  'messaging.destination.template': 'room',
}

/** Starts a server whose handlers of `room` create spans. */
function startRooms(spans: Spans, options = {}) {
  return startTraced(
    spans,
    {
      room: {
        authorize: async ({ params }) => {
          await pause(1)
          spans.mark('authorize')
          if (params.roomId === 'broken') throw new RangeError('The disk is full')
          return params.roomId !== 'staff'
        },
        snapshot: async () => {
          await pause(1)
          spans.mark('snapshot')
          return { messages: ['old'] }
        },
      },
    },
    { options },
  )
}

type Kind = 'a topic of its own' | 'a shared connection'

/** Subscribes to a room as a client with a span of its own. Control requests go to the node at `through`. */
async function subscribe(kind: Kind, spans: Spans, url: string, roomId: string, through = url) {
  if (kind === 'a topic of its own') {
    return spans.inSpan('client', (span) =>
      open(`${url}/room?roomId=${roomId}`, { headers: traceparent(span) }),
    )
  }
  const stream = await open(url)
  const [first] = await stream.count(1)
  const path = `$connections/${JSON.parse(first?.data ?? '').id}`
  const operations = [{ subscribe: `room?roomId=${roomId}` }]
  await spans.inSpan('client', (span) => post(`${through}/${path}`, { operations }, traceparent(span)))
  return stream
}

describe.each(['a topic of its own', 'a shared connection'] as const)('a subscription on %s', (kind) => {
  it("has a span in the client's trace, in which its handlers run", async () => {
    const spans = recordSpans()
    const { url } = await startRooms(spans)
    await subscribe(kind, spans, url, 'lobby')
    const [client, span] = [await spans.span('client'), await spans.span('subscribe room')]
    expect(shown(span)).toEqual({
      name: 'subscribe room',
      kind: 'INTERNAL',
      status: 'UNSET',
      attributes: subscribed,
    })
    expect(parentOf(span)).toBe(idOf(client))
    expect(parentOf(await spans.span('authorize'))).toBe(idOf(span))
    const { traceId } = (await spans.span('snapshot')).spanContext()
    expect(traceId).toBe(client.spanContext().traceId)
  })

  it('has a status only if the server failed', async () => {
    const spans = recordSpans()
    const { url } = await startRooms(spans)
    await subscribe(kind, spans, url, 'staff')
    const refused = await spans.span('subscribe room')
    expect(refused.attributes).toMatchObject({ 'tidings.refusal': 'forbidden' })
    expect(refused.status).toEqual({ code: 0 })
    await subscribe(kind, spans, url, 'broken')
    const failed = await spans.span('subscribe room', 2)
    expect(failed.attributes['error.type']).toBe('RangeError')
    expect(failed.status).toEqual({ code: 2, message: 'The disk is full' })
    expect(failed.events.map(({ name }) => name)).toEqual(['exception'])
  })
})

it('continues the trace of a control request on the node of its connection', async () => {
  const spans = recordSpans()
  const bus = memoryBus()
  const one = await startRooms(spans, { bus })
  const other = await startRooms(spans, { bus: memoryBus({ shareWith: bus }) })
  const handle = nodeHandler(other.tidings)
  const { origin } = await listen((request, response) => {
    spans.tracer.startActiveSpan('POST', (span) => {
      response.on('finish', () => span.end())
      handle(request, response)
    })
  })
  await subscribe('a shared connection', spans, one.url, 'lobby', `${origin}/events`)
  const span = await spans.span('subscribe room')
  expect(parentOf(span)).toBe(idOf(await spans.span('POST')))
  expect(span.parentSpanContext?.isRemote).toBe(true)
})
