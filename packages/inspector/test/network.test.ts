import { describe, expect, it } from 'vitest'
import { createNetwork, type Frame } from '../page/live/network.js'

/** Returns a network whose server answers with an event stream, and what writes it. */
function newNetwork(contentType = 'text/event-stream') {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given
    },
  })
  const network = createNetwork(async () => new Response(body, { headers: { 'content-type': contentType } }))
  const write = (text: string | Uint8Array) =>
    controller?.enqueue(typeof text === 'string' ? new TextEncoder().encode(text) : text)
  return { network, write, end: () => controller?.close() }
}

/** Reads a response as the client does, and returns each chunk with the frame that was current then. */
async function readAll(response: Response, current: () => Frame | undefined) {
  const reader = response.body?.getReader()
  const chunks: [text: string, frame: Frame | undefined][] = []
  const decoder = new TextDecoder()
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    chunks.push([decoder.decode(read.value), current()])
    // A client that is slow to read on: nothing may overtake it.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return chunks
}

const text =
  ': hi\n\nid: e.1\nevent: message\ndata: "é\u2028😀"\n\nevent: $gap\r\ndata: {\r\ndata: }\r\n\r\ndata:x\r\r'
const frames = [
  [': hi\n\n', undefined],
  ['id: e.1\nevent: message\ndata: "é\u2028😀"\n\n', { name: 'message', id: 'e.1', data: '"é\u2028😀"' }],
  ['event: $gap\r\ndata: {\r\ndata: }\r\n\r\n', { name: '$gap', id: '', data: '{\n}' }],
  ['data:x\r\r', { name: 'message', id: '', data: 'x' }],
]

describe('the network of the page', () => {
  it('passes an event stream on a frame at a time, each current while it is handled', async () => {
    const { network, write, end } = newNetwork()
    const signals: string[] = []
    network.onSignal(({ name }) => signals.push(name))
    write(text)
    end()
    const response = await network.fetch('/events')
    expect(await readAll(response, () => network.current)).toEqual(frames)
    expect(signals).toEqual(['$gap'])
  })

  it('finds the same frames wherever the stream is split', async () => {
    const bytes = new TextEncoder().encode(text)
    for (let at = 1; at < bytes.length; at += 1) {
      const { network, write, end } = newNetwork()
      write(bytes.slice(0, at))
      write(bytes.slice(at))
      end()
      const got = await readAll(await network.fetch('/events'), () => network.current)
      expect(got.filter(([chunk]) => chunk !== '')).toEqual(frames)
    }
  })

  it('leaves every other response as it is', async () => {
    const { network, write, end } = newNetwork('application/json')
    write('{}')
    end()
    expect(await (await network.fetch('/events/send')).json()).toEqual({})
  })

  it('fails what is open and what is new while it is cut, and nothing afterwards', async () => {
    const { network, write } = newNetwork()
    write('data: 1\n\n')
    const response = await network.fetch('/events')
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value).toBeDefined()
    network.cut()
    await expect(reader?.read()).rejects.toThrow('cut')
    await expect(network.fetch('/events')).rejects.toThrow('cut')
    network.restore()
    const other = newNetwork().network
    await expect(other.fetch('/events')).resolves.toBeInstanceOf(Response)
  })
})
