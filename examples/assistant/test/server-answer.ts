import { EventSourceParserStream } from 'eventsource-parser/stream'
import { type Answer, emptyAnswer, fold } from '../src/web/answer.js'

/** The end of an answer: its name, and its data as the server sent it. */
export interface End {
  readonly name: '$output' | '$error'
  readonly data: unknown
}

/** Reads an answer from the server to its end, as plain Server-Sent Events and not through the client. */
export async function answerOf(address: string): Promise<{ answer: Answer; texts: string[]; end: End }> {
  const { origin, hash } = new URL(address)
  const { body, status } = await fetch(`${origin}/events/answer?$run=${hash.slice(1)}`)
  if (status !== 200 || !body) throw new Error(`The server answered ${status}`)
  let answer = emptyAnswer
  for await (const { event, data } of body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())) {
    if (event === '$output' || event === '$error') {
      return { answer, texts: textsIn(answer), end: { name: event, data: JSON.parse(data) } }
    }
    if (event !== '$open')
      answer = fold(answer, { type: event, data: JSON.parse(data) } as Parameters<typeof fold>[1])
  }
  throw new Error('The server ended the answer without an end')
}

export function textsIn(answer: Answer): string[] {
  return answer.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
}
