import { createParser } from 'eventsource-parser'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { readEvents, type StreamedEvent } from './event-reader.js'

/** Reads the events of a body that comes in pieces. */
async function read(pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<StreamedEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const events: StreamedEvent[] = []
  for await (const event of readEvents(body)) events.push(event)
  return events
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

it.each([
  ['an event', 'event: a\ndata: 1\n\n', [{ name: 'a', data: '1' }]],
  ['one without a name', 'data: 1\n\n', [{ name: 'message', data: '1' }]],
  ['one with an empty name', 'event: a\nevent\ndata: 1\n\n', [{ name: 'message', data: '1' }]],
  ['several lines of data', 'data: 1\ndata:2\ndata\n\n', [{ name: 'message', data: '1\n2\n' }]],
  ['only the first space left out', 'data:  a: b\n\n', [{ name: 'message', data: ' a: b' }]],
  ['nothing without data', 'event: a\n\ndata: 1\n\n', [{ name: 'message', data: '1' }]],
  [
    'nothing of comments and other fields',
    ':\n: data\nid: 1\nretry: 5\nx data: 2\ndata: 1\n\n',
    [{ name: 'message', data: '1' }],
  ],
  ['nothing that has not ended', 'data: 1\n\ndata: 2\n', [{ name: 'message', data: '1' }]],
  ['lines that end with CR', 'data: 1\rdata: 2\r\r', [{ name: 'message', data: '1\n2' }]],
  [
    'lines that end with CR LF',
    'data: 1\r\ndata: é𝄞\r\n\r\ndata: 3\r\n\r\n',
    [
      { name: 'message', data: '1\né𝄞' },
      { name: 'message', data: '3' },
    ],
  ],
  ['a byte order mark left out', '\uFEFFdata: 1\n\n', [{ name: 'message', data: '1' }]],
])('reads %s, wherever the bytes are split', async (_what, text, events) => {
  const bytes = bytesOf(text)
  expect(await read([bytes])).toEqual(events)
  expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(events)
  for (let at = 1; at < bytes.length; at += 1) {
    expect(await read([bytes.slice(0, at), bytes.slice(at)])).toEqual(events)
  }
})

it('reads whatever is sent as another parser does', async () => {
  const parts = fc.constantFrom('event', 'data', 'id', ':', ': ', ' ', 'a', 'é', '{}', '\n', '\r', '\r\n')
  await fc.assert(
    fc.asyncProperty(fc.array(parts, { maxLength: 40 }), fc.nat(), async (all, place) => {
      // That parser waits, after a CR at the very end, for what follows.
      const text = `${all.join('')}\n:`
      const expected: StreamedEvent[] = []
      const parser = createParser({
        onEvent: ({ event = 'message', data }) => expected.push({ name: event, data }),
      })
      parser.feed(text)
      const bytes = bytesOf(text)
      const at = place % bytes.length
      expect(await read([bytes.slice(0, at), bytes.slice(at)])).toEqual(expected)
    }),
    { numRuns: 2_000 },
  )
})

it('reads no further than it is asked to', async () => {
  let pulled = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled += 1
        controller.enqueue(bytesOf('data: 1\n\n'))
      },
    },
    { highWaterMark: 0 },
  )
  const events = readEvents(body)
  await events.next()
  await events.next()
  expect(pulled).toBe(2)
})

it.each([
  ['LF', '\n'],
  ['CR', '\r'],
  ['CR and LF', '\r\n'],
])(
  'more than an event may have is read, in events that end in %s, split within their ends',
  async (_what, end) => {
    const event = bytesOf(`data: ${'x'.repeat(1_048_576)}${end}${end}`)
    // Each piece but the first begins with the rest of what ends the event before.
    for (let rest = 1; rest <= 2 * end.length; rest += 1) {
      const piece = new Uint8Array([...event.subarray(-rest), ...event.subarray(0, -rest)])
      const pieces = [
        event.subarray(0, -rest),
        ...Array.from({ length: 19 }, () => piece),
        event.subarray(-rest),
      ]
      expect(await read(pieces)).toHaveLength(20)
    }
  },
)
