import { TidingsError } from '@tidings/core'
import { EventParser, type StreamEvent } from './event-parser.js'

/** The longest event, in UTF-16 code units. It bounds the memory for an event that does not end. */
const maxEventLength = 16 * 1024 * 1024

/** Reads the events of a response on demand, so that a slow reader slows the server down. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  readonly #parser = new EventParser()

  /** @throws TidingsError `invalid_options` for a response that cannot be read while it arrives */
  constructor({ body }: Response) {
    if (!body) throw unreadable()
    this.#reader = body.getReader()
  }

  /**
   * Calls back with the events that end in each chunk, perhaps none, until the response ends.
   *
   * @throws TidingsError `invalid_response` for an event that is too long
   */
  async readAll(onEvents: (events: readonly StreamEvent[]) => void): Promise<void> {
    // One promise for each chunk: there are a thousand a second on a busy connection.
    for (let { value } = await this.#reader.read(); value; { value } = await this.#reader.read()) {
      const events = this.#parser.parse(this.#decoder.decode(value, { stream: true }))
      const { pendingLength } = this.#parser
      if (pendingLength > maxEventLength) {
        this.cancel()
        const message = `The server sent an event of ${pendingLength} characters. The limit is ${maxEventLength}`
        throw new TidingsError({ code: 'invalid_response', message })
      }
      onEvents(events)
    }
  }

  /** Ends the response. The server learns of it. */
  cancel(): void {
    this.#reader.cancel().catch(() => {})
  }
}

/**
 * Checks, before a request, that its response can be read while it arrives. React Native's own `fetch` would wait
 * for the end of an event stream.
 *
 * @throws TidingsError `invalid_options`
 */
export function checkReadable({ hasOwnFetch }: { readonly hasOwnFetch: boolean }): void {
  if (!hasOwnFetch && !('body' in Response.prototype)) throw unreadable()
}

function unreadable(): TidingsError {
  const message =
    "The responses of this fetch have no body to read. Give another fetch: in React Native, that of 'expo/fetch'"
  return new TidingsError({ code: 'invalid_options', message })
}
