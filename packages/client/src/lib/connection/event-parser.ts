/** One event of an event stream, as text. */
export interface StreamEvent {
  readonly name: string
  readonly data: string
  /** Empty if the event has none. From an EventSource, the id of the last event that had one. */
  readonly id: string
}

const space = 32
const colon = 58

/**
 * Parses the text of an event stream, which comes in pieces. Skips retry times, since a client has its own.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventParser {
  /** The line that has not ended yet. */
  #line = ''
  #endedInCr = false
  #name = ''
  #data: string | undefined
  #id = ''

  /** The length of the event that has not ended yet. */
  get pendingLength(): number {
    return this.#line.length + (this.#data?.length ?? 0)
  }

  /** Returns the events that end in the next piece of text. */
  parse(piece: string): StreamEvent[] {
    const events: StreamEvent[] = []
    const text = this.#withLineFeeds(piece)
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (this.#line !== '') {
        const line = this.#line + text.slice(start, end)
        this.#line = ''
        this.#parseLine(line, 0, line.length)
      } else if (start !== end) this.#parseLine(text, start, end)
      else this.#endEvent(events)
      start = end + 1
    }
    this.#line += text.slice(start)
    return events
  }

  /** Returns text whose lines end with LF alone, and drops the LF of a CR LF that was split. */
  #withLineFeeds(piece: string): string {
    const text = this.#endedInCr && piece.startsWith('\n') ? piece.slice(1) : piece
    this.#endedInCr = piece.endsWith('\r') || (piece === '' && this.#endedInCr)
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
  }

  #parseLine(text: string, start: number, end: number): void {
    switch (text[start]) {
      case 'd': {
        const data = fieldValue('data', text, start, end)
        if (data !== undefined) this.#data = this.#data === undefined ? data : `${this.#data}\n${data}`
        return
      }
      case 'e':
        this.#name = fieldValue('event', text, start, end) ?? this.#name
        return
      case 'i': {
        const id = fieldValue('id', text, start, end)
        if (id !== undefined && !id.includes('\0')) this.#id = id
      }
    }
  }

  #endEvent(events: StreamEvent[]): void {
    if (this.#data !== undefined)
      events.push({ name: this.#name || 'message', data: this.#data, id: this.#id })
    this.#name = ''
    this.#data = undefined
    this.#id = ''
  }
}

/** Returns the value of a line if it has that field. */
function fieldValue(field: string, text: string, start: number, end: number): string | undefined {
  if (!text.startsWith(field, start)) return undefined
  const at = start + field.length
  if (at === end) return ''
  if (text.charCodeAt(at) !== colon) return undefined
  return text.slice(text.charCodeAt(at + 1) === space ? at + 2 : at + 1, end)
}
