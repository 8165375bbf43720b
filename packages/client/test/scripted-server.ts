import type { ServerResponse } from 'node:http'
import { type ControlOperation, decodeControlRequest } from '@tidings/core/wire'
import { listen, until } from '@tidings/test-kit'

/** The start of a run, as it was requested. */
export interface ScriptedStart {
  readonly path: string
  readonly run: string
  readonly connection: string | undefined
  readonly body: string
}

export interface Script {
  /** Returns a problem document for an operation that is refused. */
  refuse?(operation: ControlOperation): object | undefined
  /** Answers the start of a run. By default, it subscribes the connection that the start names. */
  start?(start: ScriptedStart, response: ServerResponse): void
}

/** A server that answers every shared connection with a stream that the test writes to, and does what it is asked in silence. */
export async function scriptedServer({ refuse = () => undefined, start = accepted }: Script = {}) {
  const streams: ServerResponse[] = []
  const operations: ControlOperation[] = []
  const starts: ScriptedStart[] = []
  /** The request in which each topic was asked for last. */
  const askedIn = new Map<string, number | undefined>()
  const { origin } = await listen(async (request, response) => {
    if (request.method === 'POST') {
      let text = ''
      for await (const piece of request) text += String(piece)
      if (!request.url?.includes('$connections')) {
        const { headers, url = '' } = request
        const textOf = (name: string) => headers[name] as string | undefined
        const run = textOf('idempotency-key') ?? ''
        const got = { path: url.slice(1), run, connection: textOf('tidings-connection'), body: text }
        starts.push(got)
        start(got, response)
        return
      }
      const { sequence, operations: asked } = decodeControlRequest(JSON.parse(text))
      for (const operation of asked) if ('subscribe' in operation) askedIn.set(operation.subscribe, sequence)
      response.writeHead(200, { 'content-type': 'application/json' })
      const resultOf = (problem: object | undefined) =>
        problem ? { status: 'refused', problem } : { status: 'done' }
      response.end(JSON.stringify({ results: asked.map((operation) => resultOf(refuse(operation))) }))
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
    starts,
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

function accepted({ run, connection }: ScriptedStart, response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ run, subscribed: connection !== undefined }))
}
