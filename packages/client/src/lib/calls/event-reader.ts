import { boundedReader } from '../connection/bounded-reader.js'

/** One event of a stream, as text. */
export interface StreamedEvent {
  readonly name: string
  readonly data: string
}

/**
 * Reads the events of a response on demand, up to one that is too long. Skips ids and retry times, since a
 * run does not reconnect.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<StreamedEvent, void, void> {
  let name = 'message'
  let data: string[] = []
  for await (const lines of readLines(body)) {
    for (const line of lines) {
      const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
      if (line === '') {
        if (data.length > 0) yield { name, data: data.join('\n') }
        name = 'message'
        data = []
      } else if (field === 'event') name = value || 'message'
      else if (field === 'data') data.push(value)
    }
  }
}

/** Yields the lines that end in each chunk, with LF, CR or both. */
async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string[], void, void> {
  const reader = boundedReader(body)
  const decoder = new TextDecoder()
  let unfinished = ''
  let endedInCr = false
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    let text = decoder.decode(chunk.value, { stream: true })
    if (text === '') continue
    if (endedInCr && text.startsWith('\n')) text = text.slice(1)
    endedInCr = text.endsWith('\r')
    const lines = text.split(/\r\n|\n|\r/)
    lines[0] = unfinished + lines[0]
    unfinished = lines.pop() ?? ''
    yield lines
  }
}
