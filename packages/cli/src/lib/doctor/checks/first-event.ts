import { duration, type Examination, span } from '../examination.js'
import type { Finding } from '../finding.js'
import type { WatchedStream } from '../watched-stream.js'

const check = 'first event'

/** Milliseconds the first event may take, at least. */
const patientMs = 1_000

/** Says when the first event came, which a server sends with the headers. */
export function firstEventFinding(stream: WatchedStream, healthMs: number): Finding {
  const { exchange, arrivals } = stream
  const [first] = arrivals
  const headersMs = exchange.headersAt - exchange.sentAt
  const eventMs = (first?.at ?? 0) - exchange.sentAt
  const fact = `headers after ${duration(headersMs)}, $open after ${duration(eventMs)}`
  if (eventMs - headersMs < patientMs && headersMs < patientMs + 10 * healthMs)
    return { check, verdict: 'ok', fact }
  return {
    check,
    verdict: 'warning',
    fact,
    details: [`$health took ${duration(healthMs)}`],
    advice: 'If `context` is not slow, something between client and server holds the response back',
    remedies: [{ of: 'buffering' }],
  }
}

/** Describes a stream whose first event has not come. */
export function missingEventFinding(
  stream: WatchedStream | undefined,
  waitedMs: number,
  healthMs: number,
): Finding {
  const came = stream ? `the headers came, and ${stream.bytes} bytes` : 'nothing came, not even headers'
  return {
    check,
    verdict: 'fault',
    fact: `no event within ${span(waitedMs)}: the response is buffered`,
    details: [
      `${came}. The server sends $open at once; $health took ${duration(healthMs)}`,
      'A buffering proxy passes on events when its buffer is full, or the response ends',
    ],
    advice:
      'Do not buffer event streams. They carry `X-Accel-Buffering: no`, which nginx obeys unless told to ignore it',
    remedies: [{ of: 'buffering' }],
  }
}

/** Milliseconds to wait for the first event before a response counts as buffered. */
export function firstEventMs({ target }: Examination, healthMs: number): number {
  return Math.min(Math.max(3_000, 10 * healthMs), target.timeoutMs)
}
