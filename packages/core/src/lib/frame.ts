import type { Problem } from './problem.js'

/**
 * Server-Sent Events as text: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * A payload is always written by `JSON.stringify`, which escapes CR, LF and NUL. They are all that could end a
 * `data:` line early, so that no payload can inject a field, and an event is always one line of data. Names and
 * ids come from a contract and a cursor, whose patterns admit none of them.
 */

/** The media type of an event stream. */
export const eventStreamContentType = 'text/event-stream'

/**
 * Writes the part of an event that is the same for whoever carries it: its name and payload, without an id. An event
 * without a payload has null as its data: an EventSource drops an event whose data is empty.
 */
export function encodeEventBody(event: string, payload: unknown): string {
  return `event: ${event}\ndata: ${payload === undefined ? 'null' : JSON.stringify(payload)}\n\n`
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
  subscribed: '$subscribed',
  snapshot: '$snapshot',
  gap: '$gap',
  heartbeat: '$heartbeat',
  reauthorize: '$reauthorize',
  output: '$output',
  error: '$error',
} as const

/** The payload of `$open`, the first event of every connection. */
export interface OpenSignal {
  /** The longest time, in milliseconds, the server stays silent on a connection that works. */
  readonly heartbeatMs: number
  /** After how many milliseconds this client is to come back when the connection is lost, as in its `retry:` line. */
  readonly retryMs: number
  /** Names a shared connection in the path of control requests; absent on one topic's own. */
  readonly id?: string
}

/** The payload of `$subscribed`, which comes on a shared connection before anything else of a topic. */
export interface SubscribedSignal {
  /** The topic, as the client has named it. */
  readonly topic: string
  /** The epoch that begins the ids of the topic's frames: what tells them from those of others. */
  readonly name: string
  /** Where the topic starts; absent where a snapshot or a gap, which follows, tells. */
  readonly cursor?: string
  /** The `sequence` of the control request that has asked for it: a topic may have been asked for more than once. */
  readonly request?: number
}

/** The payload of `$gap`: events were missed, and the subscription goes on from `cursor`. */
export interface GapSignal {
  readonly reason: string
  readonly cursor: string
  /** On a shared connection: the topic, as the client has named it. Its frames bear the epoch of `cursor` from then on. */
  readonly topic?: string
}

/**
 * The payload of `$error` where it is about one topic of a shared connection, which goes on. The topic is not carried any
 * more; or it is, and only the snapshot that was asked for is not to be had.
 */
export interface TopicErrorSignal extends Problem {
  /** The topic, as the client has named it. */
  readonly topic: string
  readonly snapshot?: true
}

/** The payload of `$reauthorize`: the client is to prove who it is with a control request, or the connection ends. */
export interface ReauthorizeSignal {
  /** How long it may take, in milliseconds. */
  readonly withinMs: number
}
