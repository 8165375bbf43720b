import { maxTimerMs } from './backoff.js'
import { parseCursor } from './cursor.js'
import { type FieldChecks, isNumber, isText, optional, parseFields } from './fields.js'
import { encodeEventBody } from './frame.js'
import type { ServerGapReason } from './gap-reason.js'
import type { Problem } from './problem.js'

/** The signals of the protocol: events of Tidings' own, whose names no contract can declare, with their payloads. */
export interface Signals {
  /** The first event of every connection. */
  $open: OpenSignal
  /** Begins a topic on a shared connection. */
  $subscribed: SubscribedSignal
  /** The state of a topic, encoded by the channel's snapshot schema. */
  $snapshot: unknown
  /** Events were missed. */
  $gap: GapSignal
  /** Keeps a shared connection alive. Unlike a comment line, an EventSource reports it to the client. */
  $heartbeat: 0
  /** The text of an `echo` in a control request. */
  $echo: string
  /** Asks the client of a shared connection to authenticate again. */
  $reauthorize: ReauthorizeSignal
  /** The last event of a run: its output, encoded by the stream's output schema. Its id is a position of the run. */
  $output: unknown
  /** The last event of a connection or run that failed or, with a `topic`, of one topic. */
  $error: ErrorSignal
}

export type SignalName = keyof Signals

export interface OpenSignal {
  /** The longest time, in milliseconds, for which the server stays silent on a working connection. */
  readonly heartbeatMs: number
  /** Milliseconds after which this client should reconnect, as in the `retry:` line. */
  readonly retryMs: number
  /** Identifies a shared connection in the path of control requests. Absent on a connection of one topic. */
  readonly id?: string
  /** The id of the run. Only on a connection of one run. */
  readonly run?: string
  /**
   * The hash of the server's contract, as in its description, by which a client notices a version other than its own.
   * Only on a shared connection.
   */
  readonly contract?: string
}

export interface SubscribedSignal {
  /** The key of the topic, as the client spelled it. */
  readonly topic: string
  /** The epoch of the topic's log. It begins the ids of the topic's frames, and tells them from those of others. */
  readonly epoch: string
  /** Where the topic starts. Absent where a snapshot or gap follows, which carries the position. */
  readonly cursor?: string
  /** The `sequence` of the control request that subscribed, since a topic may be requested more than once. */
  readonly request?: number
}

/** The subscription continues from `cursor`. */
export interface GapSignal {
  readonly reason: ServerGapReason
  readonly cursor: string
  /** The key of the topic, as the client spelled it. Only on a shared connection. */
  readonly topic?: string
}

export interface ReauthorizeSignal {
  /** Milliseconds after which the server ends the connection without new credentials. */
  readonly withinMs: number
}

export interface ErrorSignal extends Problem {
  /** The key of the topic, as the client spelled it: the connection goes on without it. */
  readonly topic?: string
  /** Only the requested snapshot failed: the connection still carries the topic. */
  readonly snapshot?: true
  /** The topic is a run, and this is its last event: the run failed. Otherwise only the subscription is refused. */
  readonly ended?: true
}

/** The signals that a client of a shared connection decodes, with the fields it relies on. */
export interface DecodedSignals {
  $open: Partial<OpenSignal> & { readonly id: string }
  $subscribed: SubscribedSignal
  $gap: Required<GapSignal>
  $error: ErrorSignal
}

const isCursor = (value: unknown) => typeof value === 'string' && parseCursor(value) !== undefined
const isEpoch = (value: unknown) => isText(value) && isCursor(`${value}.0`)
/** A duration that a timer can be set to. */
const isMs = (value: unknown) => Number.isFinite(value) && Number(value) >= 0 && Number(value) <= maxTimerMs
/** A segment of a path: neither a slash nor `..`. */
const isId = (value: unknown) => typeof value === 'string' && /^(?!\.+$)[\w.~-]{1,200}$/.test(value)

const checks: { readonly [Name in keyof DecodedSignals]: FieldChecks<DecodedSignals[Name]> } = {
  $open: { id: isId, heartbeatMs: /* @__PURE__ */ optional(isMs), retryMs: /* @__PURE__ */ optional(isMs) },
  $subscribed: {
    topic: isText,
    epoch: isEpoch,
    cursor: /* @__PURE__ */ optional(isCursor),
    request: /* @__PURE__ */ optional(isNumber),
  },
  // Any text is a reason: a newer server may have further ones, and its gaps must not break this client.
  $gap: { topic: isText, reason: isText, cursor: isCursor },
  $error: { topic: /* @__PURE__ */ optional(isText), code: isText, status: isNumber },
}

/** Encodes a signal as the body of an event. */
export function encodeSignal<Name extends SignalName>(name: Name, payload: Signals[Name]): string {
  return encodeEventBody(name, payload)
}

/**
 * Decodes the data of a signal of a shared connection, and checks it.
 *
 * @throws TidingsError `invalid_response` that names the malformed field
 */
export function decodeSignal<Name extends keyof DecodedSignals>(
  name: Name,
  data: string,
): DecodedSignals[Name] {
  return parseFields(data, name, checks[name])
}
