import type { ServerResponse } from 'node:http'
import { type ControlOperation, decodeControlRequest } from '@tidings/core/wire'
import { listen, until } from '@tidings/test-kit'

/** A server that answers every shared connection with a stream that the test writes to, and does what it is asked in silence. */
export async function scriptedServer() {
  const streams: ServerResponse[] = []
  const operations: ControlOperation[] = []
  /** The request in which each topic was asked for last. */
  const askedIn = new Map<string, number | undefined>()
  const { origin } = await listen(async (request, response) => {
    if (request.method === 'POST') {
      let text = ''
      for await (const piece of request) text += String(piece)
      const { sequence, operations: asked } = decodeControlRequest(JSON.parse(text))
      for (const operation of asked) if ('subscribe' in operation) askedIn.set(operation.subscribe, sequence)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ results: asked.map(() => ({ status: 'done' })) }))
      operations.push(...asked)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(frame('$open', '', { heartbeatMs: 5_000, retryMs: 1, id: String(streams.length) }))
    streams.push(response)
  })
  const frame = (event: string, id: string, data: unknown) =>
    `${id && `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  return {
    origin,
    streams,
    operations,
    frame,
    send: (event: string, id: string, data: unknown) => streams.at(-1)?.write(frame(event, id, data)),
    /** Waits until so many things were asked for. */
    asked: (count: number) => until(() => operations.length >= count, `${count} operations had come`),
    /**
     * Says that a topic is carried, with an epoch, from a cursor where it has no snapshot, because a request has asked for it:
     * the last that has.
     */
    accept(topic: string, epoch: string, cursor?: string, request = askedIn.get(topic)): void {
      streams.at(-1)?.write(frame('$subscribed', '', { topic, epoch, request, ...(cursor && { cursor }) }))
    },
  }
}
