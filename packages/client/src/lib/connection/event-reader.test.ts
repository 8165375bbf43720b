import { createParser } from 'eventsource-parser'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { StreamEvent } from './event-parser.js'
import { EventReader } from './event-reader.js'

/** Reads the events of a body that comes in pieces. */
async function read(pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<StreamEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const reader = new EventReader(new Response(body))
  const all: StreamEvent[] = []
  await reader.readAll((events) => all.push(...events))
  return all
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

const event = (data: string, name = 'message', id = ''): StreamEvent => ({ name, data, id })

it.each([
  ['an event', 'id: e.1\nevent: a\ndata: 1\n\n', [event('1', 'a', 'e.1')]],
  ['one without a name', 'data: 1\n\n', [event('1')]],
  ['one with an empty name', 'event: a\nevent\ndata: 1\n\n', [event('1')]],
  ['several lines of data', 'data: 1\ndata:2\ndata\n\n', [event('1\n2\n')]],
  ['empty data', 'data\n\ndata:\n\n', [event(''), event('')]],
  ['only the first space left out', 'data:  a: b\n\n', [event(' a: b')]],
  ['nothing without data', 'id: 1\nevent: a\n\ndata: 1\n\n', [event('1')]],
  ['the last id of an event', 'id: 1\nid: 2\ndata: 1\n\n', [event('1', 'message', '2')]],
  ['no id with NUL', 'id: 1\nid: 2\0\ndata: 1\n\n', [event('1', 'message', '1')]],
  [
    'nothing of comments and other fields',
    ':\n: data\nretry: 5\nx data: 2\n data: 3\ndata: 1\n\n',
    [event('1')],
  ],
  ['nothing that has not ended', 'data: 1\n\ndata: 2\n', [event('1')]],
  ['lines that end with CR', 'data: 1\rdata: 2\r\r', [event('1\n2')]],
  ['lines that end with CR LF', 'data: 1\r\ndata: é𝄞\r\n\r\ndata: 3\r\n\r\n', [event('1\né𝄞'), event('3')]],
  ['lines that end with each', 'data: 1\ndata: 2\r\ndata: 3\rdata: 4\n\r', [event('1\n2\n3\n4')]],
  ['a byte order mark left out', '\uFEFFdata: 1\n\n', [event('1')]],
  [
    'a byte order mark only at the beginning',
    'data: 1\n\n\uFEFFdata: 2\ndata: \uFEFF3\n\n',
    [event('1'), event('\uFEFF3')],
  ],
])('reads %s, wherever the bytes are split', async (_what, text, events) => {
  const bytes = bytesOf(text)
  expect(await read([bytes])).toEqual(events)
  expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(events)
  for (let at = 1; at < bytes.length; at += 1) {
    expect(await read([bytes.slice(0, at), bytes.slice(at)])).toEqual(events)
    expect(await read([bytes.slice(0, at), new Uint8Array(), bytes.slice(at)])).toEqual(events)
  }
})

it('reads whatever is sent as another parser does', async () => {
  const parts = fc.constantFrom('event', 'data', 'id', ':', ': ', ' ', 'a', 'é', '{}', '\n', '\r', '\r\n')
  await fc.assert(
    fc.asyncProperty(fc.array(parts, { maxLength: 40 }), fc.nat(), async (all, place) => {
      // That parser waits, after a CR at the very end, for what follows.
      const text = `${all.join('')}\n:`
      const expected: StreamEvent[] = []
      const parser = createParser({
        onEvent: ({ event: name, data, id }) => expected.push(event(data, name, id)),
      })
      parser.feed(text)
      const bytes = bytesOf(text)
      const at = place % bytes.length
      expect(await read([bytes.slice(0, at), bytes.slice(at)])).toEqual(expected)
    }),
    { numRuns: 2_000 },
  )
})

it('delivers the events of a chunk before it reads the next', async () => {
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
  const reader = new EventReader(new Response(body))
  const pulledBefore: number[] = []
  await reader.readAll(() => {
    pulledBefore.push(pulled)
    if (pulled === 3) reader.cancel()
  })
  expect(pulledBefore).toEqual([1, 2, 3])
})

it.each([
  ['LF', '\n'],
  ['CR', '\r'],
  ['CR and LF', '\r\n'],
])(
  'reads more than an event may have, in events that end in %s, split within their ends',
  async (_what, end) => {
    const bytes = bytesOf(`data: ${'x'.repeat(1_048_576)}${end}${end}`)
    // Each piece but the first begins with the rest of what ends the event before.
    for (let rest = 1; rest <= 2 * end.length; rest += 1) {
      const piece = new Uint8Array([...bytes.subarray(-rest), ...bytes.subarray(0, -rest)])
      const pieces = [
        bytes.subarray(0, -rest),
        ...Array.from({ length: 19 }, () => piece),
        bytes.subarray(-rest),
      ]
      expect(await read(pieces)).toHaveLength(20)
    }
  },
)

it.each([
  ['a line', '', 'x'],
  ['many lines', 'data: ', `${'x'.repeat(1_000)}\ndata: `],
])('refuses an event that is too long in %s, and ends its response', async (_what, start, piece) => {
  let isCancelled = false
  const chunk = bytesOf(piece.repeat(1_048_576 / piece.length))
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytesOf(start)),
    pull: (controller) => controller.enqueue(chunk),
    cancel() {
      isCancelled = true
    },
  })
  const reader = new EventReader(new Response(body))
  const failure = await reader.readAll(() => {}).catch((error: unknown) => error)
  expect(failure).toMatchObject({
    code: 'invalid_response',
    message: expect.stringMatching(/^The server sent an event of \d+ characters/),
  })
  expect(isCancelled).toBe(true)
})

it('says what to do where a response has no body to read', () => {
  const response = Object.defineProperty(new Response('data: 1\n\n'), 'body', { value: undefined })
  expect(() => new EventReader(response)).toThrow(
    expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining('expo/fetch') }),
  )
})
