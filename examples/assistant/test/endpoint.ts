import { once } from 'node:events'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { listen, until } from '@tidings/test-kit'

/** The request of a chat completion. */
export interface ChatRequest {
  readonly model: string
  readonly stream: boolean
  readonly messages: readonly Record<string, unknown>[]
  readonly tools: readonly unknown[]
}

/** The reply to one request, which a test writes piece by piece. */
export class Reply {
  readonly request: ChatRequest
  readonly headers: IncomingHttpHeaders
  readonly response: ServerResponse
  /** Resolves when the connection has closed, whichever side closed it. */
  readonly closed: Promise<unknown>

  constructor(request: ChatRequest, headers: IncomingHttpHeaders, response: ServerResponse) {
    this.request = request
    this.headers = headers
    this.response = response
    this.closed = once(response, 'close')
  }

  text(content: string): void {
    this.#delta({ content })
  }

  /** Writes a call of the search in three pieces, as endpoints do. */
  search(query: string): void {
    const [first, second] = [JSON.stringify({ query }).slice(0, 6), JSON.stringify({ query }).slice(6)]
    this.#delta({
      tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'search', arguments: '' } }],
    })
    this.#delta({ tool_calls: [{ index: 0, function: { arguments: first } }] })
    this.#delta({ tool_calls: [{ index: 0, function: { arguments: second } }] })
  }

  end(): void {
    this.raw('data: {"choices":[]}\n\ndata: [DONE]\n\n')
    this.response.end()
  }

  raw(bytes: string | Uint8Array): void {
    if (!this.response.headersSent) this.response.writeHead(200, { 'content-type': 'text/event-stream' })
    this.response.write(bytes)
  }

  #delta(delta: object): void {
    this.raw(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`)
  }
}

/** Starts an endpoint that streams chat completions as OpenAI does. */
export async function startEndpoint() {
  const replies: Reply[] = []
  const { origin } = await listen(async (request, response) => {
    replies.push(new Reply((await json(request)) as ChatRequest, request.headers, response))
  })
  return {
    url: `${origin}/v1`,
    /** Waits for the next request. */
    async next(): Promise<Reply> {
      await until(() => replies.length > 0, 'the endpoint was asked')
      return replies.shift() as Reply
    },
  }
}
