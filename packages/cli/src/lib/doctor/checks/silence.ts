import { control, duration, type Examination, type OpenConnection, span } from '../examination.js'
import type { Finding } from '../finding.js'
import { pause } from '../pause.js'
import type { WatchedStream } from '../watched-stream.js'

const check = 'silence'

const defaultHeartbeatMs = 15_000

/** Milliseconds between the events of the stream that is not silent. */
const trafficMs = 1_000

/** The seconds that a timeout needs at least: Node's own proxies' default. */
const leastSeconds = 60

/**
 * Watches two streams: one with nothing but heartbeats, the other with an event each second. A timeout of silence cuts
 * the first one only; a limit of the whole duration cuts both.
 */
export async function checkSilence(
  examination: Examination,
  idle: OpenConnection,
  busy: OpenConnection | undefined,
): Promise<Finding> {
  const { options, signal, progress } = examination
  const { waitMs } = options
  const from = performance.now()
  const done = new AbortController()
  const ended = AbortSignal.any([signal, done.signal])
  const traffic = busy && keepBusy(examination, busy, ended)
  const beats = setInterval(() => {
    const passed = performance.now() - from
    progress(`watching an idle stream, ${Math.round(passed / 1000)} of ${span(waitMs)}`, passed / waitMs)
  }, 250)
  try {
    const cut = await idle.stream.waitForEnd(waitMs, signal)
    // The other one is as old, within the time that the checks before took.
    if (cut && busy) await busy.stream.waitForEnd(Math.min(trafficMs * 1.5, waitMs), signal)
  } finally {
    clearInterval(beats)
    done.abort()
    await traffic
  }
  return idle.stream.ending
    ? cutFinding(idle, busy?.stream, idle.stream.ending.at)
    : openFinding(idle, performance.now() - from, from)
}

async function keepBusy(
  examination: Examination,
  { id, stream }: OpenConnection,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && !stream.ending) {
    await control(examination, id, [{ echo: 'busy' }]).catch(() => {})
    await pause(trafficMs, signal)
  }
}

function cutFinding({ stream, open }: OpenConnection, busy: WatchedStream | undefined, at: number): Finding {
  const heartbeatMs = open.heartbeatMs ?? defaultHeartbeatMs
  const last = stream.arrivals.at(-1)
  if (last?.name === '$error') {
    return {
      check,
      verdict: 'unknown',
      fact: `the server ended the connection after ${span(at - stream.exchange.headersAt)}: ${last.data}`,
      advice:
        'Try again. A server that is replaced ends its connections, and so does one whose client has credentials that expire',
    }
  }
  const silentMs = at - stream.lastAt
  const totalMs = at - stream.exchange.headersAt
  if (busy?.ending && Math.abs(busy.ending.at - busy.exchange.headersAt - totalMs) < 1_000) {
    return {
      check,
      verdict: 'fault',
      fact: `every event stream is cut after ${span(totalMs)}, even while events arrive`,
      details: [
        'Clients resume and miss nothing, but all reconnect that often',
        ...(stream.ending?.how === 'ended'
          ? ['The response was completed: it may be `maxConnectionMs` of the server']
          : []),
      ],
      advice: `Raise the limit, or let the server end connections first, each at its own moment: maxConnectionMs: ${Math.max(Math.floor(totalMs * 0.9), 1)}`,
      remedies: [{ of: 'duration', seconds: 3_600 }],
    }
  }
  const seconds = Math.max(leastSeconds, Math.ceil((4 * heartbeatMs) / 1000))
  return {
    check,
    verdict: 'fault',
    fact: `an idle event stream is cut after ${span(silentMs)} of silence`,
    details: [
      `The heartbeat comes every ${span(heartbeatMs)}, which is too rare for this timeout`,
      ...(busy ? ['The stream with an event each second was not cut'] : []),
    ],
    advice: `Raise the timeout above ${span(2 * heartbeatMs)}, or send heartbeats more often, in the options of createServer: heartbeatMs: ${Math.max(Math.floor(silentMs / 2000) * 1000, 500)}`,
    remedies: [{ of: 'silence', seconds }],
  }
}

function openFinding({ stream, open }: OpenConnection, watchedMs: number, from: number): Finding {
  const heartbeatMs = open.heartbeatMs ?? defaultHeartbeatMs
  const times = stream.arrivals
    .filter(({ name, at }) => name === '$heartbeat' && at >= from)
    .map(({ at }) => at)
  const gaps = times.map((at, index) => at - (times[index - 1] ?? from))
  const longest = Math.max(...gaps, performance.now() - (times.at(-1) ?? from))
  // The server checks at quarters of the interval, so a heartbeat may come that much later.
  const limitMs = heartbeatMs * 1.25 + 1_000
  if (longest > limitMs) {
    return {
      check,
      verdict: 'fault',
      fact: `no heartbeat for ${duration(longest)}, though the server sends one every ${span(heartbeatMs)}`,
      advice: 'Something holds small pieces back. Do not buffer event streams',
      remedies: [{ of: 'buffering' }],
    }
  }
  if (times.length === 0) {
    return {
      check,
      verdict: 'unknown',
      fact: `an idle stream stayed open for ${span(watchedMs)}, shorter than the heartbeat of ${span(heartbeatMs)}`,
      advice: `Watch longer than the heartbeat, to see whether a longer silence is cut: --wait ${Math.ceil((heartbeatMs * 1.25) / 1000)}s`,
    }
  }
  return {
    check,
    verdict: 'ok',
    fact: `an idle stream stayed open for ${span(watchedMs)}, with a heartbeat every ${span(heartbeatMs)} (${times.length} came)`,
    details: [
      'A timeout that is longer than the heartbeat does not matter. One that is only little longer may cut on a slow day',
    ],
  }
}
