/**
 * Server-Sent Events as text: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * A payload is always written by `JSON.stringify`, which escapes CR, LF and NUL. They are all that could end a
 * `data:` line early, so that no payload can inject a field, and an event is always one line of data. Names and
 * ids come from a contract and a cursor, whose patterns admit none of them.
 */

/** The media type of an event stream. */
export const eventStreamContentType = 'text/event-stream'

/** Writes the part of an event that is the same for whoever carries it: its name and payload, without an id. */
export function encodeEventBody(event: string, payload: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(payload)}\n\n`
}

/** Puts an id before an event's body. The client's `Last-Event-ID` is this from then on. */
export function withId(id: string, body: string): string {
  return `id: ${id}\n${body}`
}

/** A comment line. Says nothing to a client but that the connection is alive. */
export const heartbeatFrame = ':\n\n'

/** The names of Tidings' own events, which no contract can declare. */
export const signal = {
  open: '$open',
  snapshot: '$snapshot',
  gap: '$gap',
  output: '$output',
  error: '$error',
} as const

/** The payload of `$open`, the first event of every connection. */
export interface OpenSignal {
  /** The longest time, in milliseconds, the server stays silent on a connection that works. */
  readonly heartbeatMs: number
}

/** The payload of `$gap`: events were missed, and the subscription goes on from `cursor`. */
export interface GapSignal {
  readonly reason: string
  readonly cursor: string
}
