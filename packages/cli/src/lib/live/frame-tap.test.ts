import { encodeEventBody, encodeSignal, heartbeatFrame, withId } from '@tidings/core/wire'
import { expect, it } from 'vitest'
import { type Frame, tappedFetch } from './frame-tap.js'

const frames = [
  encodeSignal('$open', { heartbeatMs: 1, retryMs: 1, id: 'a' }),
  heartbeatFrame,
  withId('e.1', encodeEventBody('message', { text: 'ü\n\n: data' })),
  withId('e.2', encodeEventBody('cleared', undefined)),
]

const reported: (Frame | undefined)[] = [
  { name: '$open', data: '{"heartbeatMs":1,"retryMs":1,"id":"a"}', id: '' },
  undefined,
  { name: 'message', data: '{"text":"ü\\n\\n: data"}', id: 'e.1' },
  { name: 'cleared', data: 'null', id: 'e.2' },
]

/** Reads a response that arrives in chunks, and returns each read with the frame that was reported last before it. */
async function read(chunks: readonly Uint8Array[], type = 'text/event-stream; charset=utf-8') {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  let bytes = 0
  let frame: Frame | undefined
  const tapped = tappedFetch(async () => new Response(body, { headers: { 'content-type': type } }), {
    onFrame: (next) => {
      frame = next
    },
    onBytes: (count) => {
      bytes += count
    },
  })
  const reads: { readonly text: string; readonly frame: Frame | undefined }[] = []
  const { body: response } = await tapped('http://127.0.0.1/events')
  for await (const chunk of response ?? []) {
    // A consumer that handles what it has read before it reads on.
    await new Promise((resolve) => setImmediate(resolve))
    reads.push({ text: new TextDecoder().decode(chunk), frame })
    frame = undefined
  }
  return { reads, bytes }
}

it('passes on one frame at a time, and reports each before it is read, wherever chunks end', async () => {
  const all = new TextEncoder().encode(frames.join(''))
  const expected = frames.map((text, index) => ({ text, frame: reported[index] }))
  for (let at = 0; at <= all.length; at += 1) {
    const { reads, bytes } = await read([all.subarray(0, at), all.subarray(at)])
    expect(reads).toEqual(expected)
    expect(bytes).toBe(all.length)
  }
  const singly = await read([...all].map((byte) => Uint8Array.of(byte)))
  expect(singly.reads).toEqual(expected)
})

it('passes on other responses as they are, and drops a frame that the connection breaks off', async () => {
  const json = new TextEncoder().encode('{"a":1}\n\n{"b":2}')
  expect((await read([json], 'application/json')).reads).toEqual([
    { text: '{"a":1}\n\n{"b":2}', frame: undefined },
  ])
  const cut = new TextEncoder().encode(`${frames[0]}id: e.1\ndata: `)
  expect((await read([cut])).reads).toEqual([{ text: frames[0], frame: reported[0] }])
})
