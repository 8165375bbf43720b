/**
 * Server-Sent Events as text: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * A payload is always written by `JSON.stringify`, which escapes CR, LF and NUL. Only these could end a `data:`
 * line early, so no payload can inject a field, and an event always has one line of data. Names come from a
 * contract and ids from a cursor, whose patterns exclude all three.
 */

/** The media type of an event stream. */
export const eventStreamContentType = 'text/event-stream'

/** A comment line, which keeps a connection alive and which clients ignore. */
export const heartbeatFrame = ':\n\n'

const eventField = 'event: '
const dataField = '\ndata: '
const end = '\n\n'

/**
 * Encodes the part of an event that all its receivers share: name and payload, without an id.
 *
 * An event without a payload has `null` as its data, since an EventSource drops an event whose data is empty.
 */
export function encodeEventBody(event: string, payload: unknown): string {
  return `${eventField}${event}${dataField}${payload === undefined ? 'null' : JSON.stringify(payload)}${end}`
}

/** Returns the name of an encoded event. */
export function eventNameOf(body: string): string {
  return body.slice(eventField.length, body.indexOf('\n'))
}

/** Returns the data of an encoded event, which is JSON. */
export function eventDataOf(body: string): string {
  return body.slice(body.indexOf(dataField) + dataField.length, -end.length)
}

/** Puts an id before an event's body. It becomes the client's `Last-Event-ID`. */
export function withId(id: string, body: string): string {
  return `id: ${id}\n${body}`
}

/** Puts the delay before an event's body after which an EventSource reconnects. */
export function withRetry(ms: number, body: string): string {
  return `retry: ${ms}\n${body}`
}
