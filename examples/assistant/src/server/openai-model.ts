import { EventSourceParserStream } from 'eventsource-parser/stream'
import * as z from 'zod'
import { type Model, ModelError, type Part, type ToolCall, type Turn } from './model'
import { tools } from './tools'

export interface OpenAiOptions {
  /** The address that precedes `/chat/completions`: `https://api.openai.com/v1`, `http://localhost:11434/v1`. */
  readonly baseUrl: string
  readonly model: string
  /** Sent as the bearer token, if the endpoint needs one. */
  readonly apiKey: string | undefined
}

const instructions = `You answer questions about Tidings, an event framework for TypeScript.
Answer in a few short paragraphs of plain text, without Markdown.`

const aboutTools = 'Search its documentation before you answer, and name the documents that you used.'

/** A piece of a call. */
const CallDelta = z.object({
  index: z.number().int().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }),
})

/** What a chunk of a streamed chat completion must have. Endpoints add more, and leave out what is optional. */
const Chunk = z.object({
  choices: z.array(
    z.object({
      delta: z.object({ content: z.string().nullish(), tool_calls: z.array(CallDelta).nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
})

/**
 * Returns the model behind an endpoint that streams chat completions as OpenAI does. If the endpoint rejects
 * tools, the model answers without them.
 */
export function openAiModel({ baseUrl, model, apiKey }: OpenAiOptions): Model {
  const url = `${baseUrl.replace(/\/$/, '')}/chat/completions`
  const headers = {
    'content-type': 'application/json',
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
  }
  let takesTools = true
  const ask = (turns: readonly Turn[], withTools: boolean, signal: AbortSignal) => {
    const content = withTools ? `${instructions}\n${aboutTools}` : instructions
    const messages = [{ role: 'system', content }, ...turns.map(messageOf)]
    const body = JSON.stringify({ model, stream: true, messages, ...(withTools && { tools }) })
    return request(url, { method: 'POST', headers, body, signal })
  }
  return {
    name: model,
    async *reply(turns, signal) {
      try {
        let response = await ask(turns, takesTools, signal)
        if (takesTools && response.status === 400) {
          await response.body?.cancel()
          response = await ask(turns, false, signal)
          takesTools = !response.ok
        }
        yield* partsOf(await bodyOf(response, url))
      } catch (cause) {
        if (signal.aborted) throw signal.reason
        if (cause instanceof ModelError) throw cause
        throw new ModelError('broken_off', `${url} broke off its reply`, { cause })
      }
    },
  }
}

function request(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init).catch((cause: unknown) => {
    throw new ModelError('unreachable', `${url} cannot be reached`, { cause })
  })
}

async function bodyOf(response: Response, url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { status, body } = response
  const type = response.headers.get('content-type') ?? ''
  if (status === 200 && body && type.startsWith('text/event-stream')) return body
  const text = (await response.text()).slice(0, 500)
  const failure = status === 429 || status === 503 ? 'busy' : 'refused'
  throw new ModelError(failure, `${url} answered ${status} with ${type}: ${text}`)
}

/** Reads a reply: its text at once, and its calls when they are complete. */
async function* partsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Part> {
  const calls: ToolCall[] = []
  let isComplete = false
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { data } of events) {
    if (data === '[DONE]') {
      isComplete = true
      break
    }
    const chunk = Chunk.safeParse(JSON.parse(data))
    if (!chunk.success) {
      throw new ModelError('broken_off', `The endpoint sent ${data.slice(0, 500)}`, { cause: chunk.error })
    }
    const [choice] = chunk.data.choices
    if (!choice) continue
    const { delta } = choice
    if (delta?.content) yield { type: 'token', text: delta.content }
    for (const piece of delta?.tool_calls ?? []) addCall(calls, piece)
    isComplete ||= Boolean(choice.finish_reason)
  }
  if (!isComplete) throw new ModelError('broken_off', 'The endpoint ended its reply in the middle')
  for (const call of calls) yield { type: 'call', call }
}

/** Adds a piece of a call to the calls so far. The first piece of a call has its id and name, the others continue its arguments. */
function addCall(calls: ToolCall[], { index, id, function: piece }: z.infer<typeof CallDelta>): void {
  const at = index ?? (id ? calls.length : calls.length - 1)
  const known = calls[at]
  calls[at] = {
    id: known?.id ?? id ?? `call-${at}`,
    name: known?.name ?? piece.name ?? '',
    arguments: (known?.arguments ?? '') + (piece.arguments ?? ''),
  }
}

/** A turn as the message of a request. */
function messageOf(turn: Turn) {
  switch (turn.role) {
    case 'user':
      return { role: 'user', content: turn.text }
    case 'tool':
      return { role: 'tool', tool_call_id: turn.callId, content: turn.result }
    case 'assistant':
      return {
        role: 'assistant',
        content: turn.text,
        tool_calls: turn.calls.map(({ id, name, arguments: text }) => ({
          id,
          type: 'function',
          function: { name, arguments: text },
        })),
      }
  }
}
