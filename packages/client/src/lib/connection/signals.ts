import { TidingsError } from '@tidings/core'
import {
  type ControlAnswer,
  type ControlResult,
  fromProblem,
  type GapSignal,
  maxTimerMs,
  type OpenSignal,
  type Problem,
  parseCursor,
  type TopicErrorSignal,
} from '@tidings/core/wire'
import type { JoinedSignal } from '../tabs/tab-messages.js'
import { parseJson } from './failures.js'

/** What the fields of a signal have to be, as far as they are relied on. */
type Shape<Signal> = { readonly [Field in keyof Signal]?: (value: unknown) => boolean }

/** A signal of the server's, as it is read. */
export interface SignalType<Signal> {
  readonly name: string
  readonly shape: Shape<Signal>
}

const isText = (value: unknown) => typeof value === 'string'
const isCursor = (value: unknown) => typeof value === 'string' && parseCursor(value) !== undefined
const isEpoch = (value: unknown) => isText(value) && isCursor(`${value}.0`)
const isNumber = (value: unknown) => typeof value === 'number'
/** Also safe to set a timer to. */
const isMs = (value: unknown) => Number.isFinite(value) && Number(value) >= 0 && Number(value) <= maxTimerMs
/** Stands in a path: no slash, and no `..`. */
const isId = (value: unknown) => typeof value === 'string' && /^(?!\.+$)[\w.~-]{1,200}$/.test(value)
const optional = (check: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || check(value)

const isResult = (value: unknown) => {
  const { status, problem } = (value ?? {}) as { status?: unknown; problem?: unknown }
  return status === 'refused' ? fromProblem(problem) !== undefined : isText(status)
}

export const openSignal: SignalType<OpenSignal> = {
  name: 'the opening',
  shape: { id: isId, heartbeatMs: optional(isMs), retryMs: optional(isMs) },
}

export const subscribedSignal: SignalType<JoinedSignal> = {
  name: 'a subscription',
  shape: {
    topic: isText,
    name: isEpoch,
    cursor: optional(isCursor),
    request: optional(isNumber),
  },
}

export const gapSignal: SignalType<Required<GapSignal>> = {
  name: 'the gap',
  shape: { topic: isText, reason: isText, cursor: isCursor },
}

/** Of a connection or, with a `topic`, of one topic: a problem document. */
export const errorSignal: SignalType<
  TopicErrorSignal | (Problem & { topic?: undefined; snapshot?: undefined })
> = {
  name: 'the error',
  shape: { topic: optional(isText), code: isText, status: isNumber },
}

const controlAnswer: SignalType<ControlAnswer> = {
  name: 'the answer to a control request',
  shape: { results: (value) => Array.isArray(value) && value.every(isResult) },
}

/**
 * Reads a signal of the server's. What it does not know it leaves.
 *
 * @throws TidingsError `invalid_response` that names the field that is malformed
 */
export function readSignal<Signal>({ name, shape }: SignalType<Signal>, text: string): Signal {
  const signal = parseJson(text, name)
  if (typeof signal !== 'object' || signal === null)
    throw invalid(`${name} is ${brief(signal)}, not an object`)
  for (const [field, check] of Object.entries(shape) as [string, (value: unknown) => boolean][]) {
    const value = Object.hasOwn(signal, field) ? (signal as Record<string, unknown>)[field] : undefined
    if (!check(value)) throw invalid(`${name} has a malformed "${field}": ${brief(value)}`)
  }
  return signal as Signal
}

/** @throws TidingsError `invalid_response` if there is not a result for each operation */
export function readControlAnswer(text: string, operations: number): readonly ControlResult[] {
  const { results } = readSignal(controlAnswer, text)
  if (results.length === operations) return results
  throw invalid('The answer to a control request does not have one result per operation')
}

function brief(value: unknown): string {
  return `${JSON.stringify(value)}`.slice(0, 100)
}

function invalid(message: string): TidingsError {
  return new TidingsError({ code: 'invalid_response', message })
}
