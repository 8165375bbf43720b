import { control, duration, type Examination, type OpenConnection } from '../examination.js'
import type { Finding } from '../finding.js'
import { pause } from '../pause.js'

const check = 'delay'

const echoes = 12

/** Milliseconds between two echoes. A proxy that waits for more data sees that there is none. */
const betweenMs = 97

/** How long an echo may take before it counts as held back. */
const patienceMs = 2_000

/** The delay from which a proxy is at fault, on a network without delay of its own. */
const noticeableMs = 25

/** What a series of echoes showed, in milliseconds. */
interface Series {
  readonly lags: readonly number[]
  readonly trips: readonly number[]
  readonly lost: number
}

/**
 * Has the server send events at known times, and measures how much later they arrive than the response to the post that
 * asked for them. Both take the same way, so the time of the network does not count.
 */
export async function checkDelay(examination: Examination, connection: OpenConnection): Promise<Finding> {
  const first = await echoSeries(examination, connection, 'first')
  if (!first) return unknownFinding()
  const found = finding(first)
  if (found.verdict === 'ok') return found
  // A machine or a network that is busy for a moment is not a fault.
  const second = await echoSeries(examination, connection, 'second')
  return second ? finding(second) : found
}

/** Returns undefined if the server does not know the operation. */
async function echoSeries(
  examination: Examination,
  { stream, id }: OpenConnection,
  name: string,
): Promise<Series | undefined> {
  const { signal } = examination
  const lags: number[] = []
  const trips: number[] = []
  let lost = 0
  for (let count = 0; count < echoes && lost < 2 && !signal.aborted && !stream.ending; count += 1) {
    const echo = `${name}-${count}`
    const answer = await control(examination, id, [{ echo }])
    if (answer.status === 400) return undefined
    const answeredAt = performance.now()
    const arrival = await stream.waitFor(({ data }) => data === JSON.stringify(echo), patienceMs, signal)
    if (arrival) lags.push(Math.max(arrival.at - answeredAt, 0))
    else lost += 1
    trips.push(answer.ms)
    await pause(betweenMs, signal)
  }
  return { lags, trips, lost }
}

function finding({ lags, trips, lost }: Series): Finding {
  const sorted = [...lags].sort((one, other) => one - other)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  const worst = sorted.at(-1) ?? 0
  const trip = [...trips].sort((one, other) => one - other)[Math.floor(trips.length / 2)] ?? 0
  // A network with a long way has jitter.
  const limit = Math.max(noticeableMs, trip / 2)
  const late = lags.filter((lag) => lag > limit).length
  const times = `median ${duration(median)}, longest ${duration(worst)}`
  if (lost > 1) {
    return {
      check,
      verdict: 'fault',
      fact: `events that the server sent did not arrive within ${duration(patienceMs)}`,
      advice: 'Something holds events back until there are more of them. Do not buffer event streams',
      remedies: [{ of: 'buffering' }],
    }
  }
  // One late event may be a packet that was lost.
  if (late + lost < 3) {
    return { check, verdict: 'ok', fact: `${lags.length} events arrived as they were sent: ${times}` }
  }
  return {
    check,
    verdict: 'fault',
    fact: `${late + lost} of ${lags.length + lost} events arrived late: ${times} after the response to their request`,
    details: ['Something waits for more data before it sends a small piece'],
    advice: 'Let the proxy send each piece at once',
    remedies: [{ of: 'delay' }],
  }
}

function unknownFinding(): Finding {
  return {
    check,
    verdict: 'unknown',
    fact: 'the server does not know the `echo` operation',
    advice: 'Update @tidings/server. Heartbeats alone do not show a delay that is always the same',
  }
}
