import { encodeEventBody, eventDataOf, eventNameOf } from '@tidings/core/wire'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { expect, it } from 'vitest'
import { traceOf, withoutTrace, withTrace } from './traced-body.js'

const trace = '{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}'
const payloads = ['plain', '\n:comment\ndata: ', ':', null, { deep: [':\n'] }, 'x'.repeat(100_000)]

it('puts a trace into a body, and takes it out again', () => {
  for (const payload of payloads) {
    const body = encodeEventBody('message', payload)
    const traced = withTrace(body, trace)
    expect(traceOf(traced)).toBe(trace)
    expect(withoutTrace(traced)).toBe(body)
    expect(traceOf(body)).toBeUndefined()
    expect(withoutTrace(body)).toBe(body)
  }
})

it('puts it where nodes and clients that do not know of traces ignore it', () => {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  for (const payload of payloads) {
    const traced = withTrace(encodeEventBody('message', payload), trace)
    expect(eventNameOf(traced)).toBe('message')
    expect(JSON.parse(eventDataOf(traced))).toEqual(payload)
    // The bus on Redis splits an update there.
    expect(traced.split(/(?<=\n\n)/)).toEqual([traced])
    parser.feed(traced)
  }
  expect(events.map(({ event, data }) => [event, JSON.parse(data)])).toEqual(
    payloads.map((payload) => ['message', payload]),
  )
})
