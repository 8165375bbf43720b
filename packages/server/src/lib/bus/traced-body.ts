import type { EventTrace, Tracing } from '../tracing.js'

/**
 * Traces on the bus. A body carries its trace as a comment between its two fields, so that the interface of a bus stays
 * as it is: a node that does not know of traces passes the comment on, and clients ignore it.
 */

const colon = ':'.charCodeAt(0)

/** Puts the trace of an event into its body, if it has one. */
export function tracedBody(
  body: string,
  tracing: Tracing | undefined,
  trace: EventTrace | undefined,
): string {
  const text = trace && tracing?.encode(trace)
  return text === undefined ? body : withTrace(body, text)
}

/** Puts an encoded trace, which has no line breaks, into the body of an event. */
export function withTrace(body: string, trace: string): string {
  const end = body.indexOf('\n')
  return `${body.slice(0, end)}\n:${trace}${body.slice(end)}`
}

/** Returns the encoded trace in the body of an event, if it has one. */
export function traceOf(body: string): string | undefined {
  const start = body.indexOf('\n') + 1
  if (body.charCodeAt(start) !== colon) return undefined
  return body.slice(start + 1, body.indexOf('\n', start))
}

/** Returns the body of an event as it was before {@link withTrace}. */
export function withoutTrace(body: string): string {
  const end = body.indexOf('\n')
  if (body.charCodeAt(end + 1) !== colon) return body
  return body.slice(0, end) + body.slice(body.indexOf('\n', end + 1))
}
