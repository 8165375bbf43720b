import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeEventBody, eventDataOf, eventNameOf, heartbeatFrame, withId, withRetry } from './frame.js'

/** Parses a stream, given in pieces, as the specification says. */
function parse(pieces: readonly string[]): { events: EventSourceMessage[]; comments: string[] } {
  const events: EventSourceMessage[] = []
  const comments: string[] = []
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
    onError: (error) => {
      throw error
    },
  })
  for (const piece of pieces) parser.feed(piece)
  return { events, comments }
}

const awkwardText = fc
  .array(
    fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '\n\n',
      '\0',
      'id: 1',
      'data:',
      ':',
      '\u2028',
      '\u2029',
      '\ufeff',
      '\ud800',
      '👋🏽',
      ' ',
      '"',
      '\\',
    ),
  )
  .map((parts) => parts.join(''))

const payloads = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  awkwardText,
  fc.dictionary(awkwardText, awkwardText),
)

describe('a frame', () => {
  test('has a line each for its id, event and data, and a blank line', () => {
    expect(withId('k3.7', encodeEventBody('message', { text: 'hi' }))).toBe(
      'id: k3.7\nevent: message\ndata: {"text":"hi"}\n\n',
    )
  })

  test('has these four lines with any payload', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const frame = withId('k3.7', encodeEventBody('message', payload))
        const [id, event, data, ...rest] = frame.split(/\r\n|\r|\n/)
        expect([id, event, ...rest]).toEqual(['id: k3.7', 'event: message', '', ''])
        expect(data).toMatch(/^data: /)
        expect(frame).not.toContain('\0')
      }),
      { numRuns: 300 },
    )
  })

  test('is parsed as one event with the same data', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const { events } = parse([withId('k3.7', encodeEventBody('message', payload))])
        expect(events).toEqual([{ id: 'k3.7', event: 'message', data: JSON.stringify(payload) }])
        expect(JSON.parse(events[0]?.data ?? '')).toEqual(JSON.parse(JSON.stringify(payload)))
      }),
      { numRuns: 300 },
    )
  })

  test('is taken apart into its name and data', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const body = encodeEventBody('message', payload)
        expect(eventNameOf(body)).toBe('message')
        expect(JSON.parse(eventDataOf(body))).toEqual(JSON.parse(JSON.stringify(payload)))
      }),
      { numRuns: 100 },
    )
    expect(eventDataOf(encodeEventBody('message', '\ndata: \n\n'))).toBe('"\\ndata: \\n\\n"')
  })

  test('can set the delay of a reconnect', () => {
    expect(withRetry(500, encodeEventBody('a', 1))).toBe('retry: 500\nevent: a\ndata: 1\n\n')
  })

  test('without an id keeps the last one of the stream', () => {
    expect(encodeEventBody('$gap', null)).toBe('event: $gap\ndata: null\n\n')
  })

  test('is parsed the same wherever the stream is cut', () => {
    const stream = [
      withId('k3.1', encodeEventBody('message', { text: 'a\r\nid: 9\n\nevent: x\u2028 👋🏽 \ufeff' })),
      heartbeatFrame,
      withId('k3.2', encodeEventBody('typing', '')),
      encodeEventBody('$gap', { reason: 'expired', cursor: 'k3.2' }),
    ].join('')
    const whole = parse([stream])
    expect(whole.events.map(({ event }) => event)).toEqual(['message', 'typing', '$gap'])
    for (let at = 1; at < stream.length; at++) {
      expect(parse([stream.slice(0, at), stream.slice(at)])).toEqual(whole)
    }
    expect(parse([...stream])).toEqual(whole)
  })
})

test('a heartbeat is a comment and not an event', () => {
  expect(parse([heartbeatFrame])).toEqual({ events: [], comments: [''] })
})
