import { control, duration, type Examination, openStream } from '../examination.js'
import type { Finding } from '../finding.js'
import { pause } from '../pause.js'

const check = 'leaving'

/** Milliseconds in which the server has to notice that a client has left. */
const patienceMs = 4_000

/** Opens a connection, leaves it, and asks until the server has noticed. */
export async function checkLeaving(examination: Examination): Promise<Finding> {
  const { signal, target } = examination
  const stream = await openStream(examination, Math.min(patienceMs, target.timeoutMs)).catch(() => undefined)
  if (!stream) return { check, verdict: 'unknown', fact: 'a third connection got no response' }
  await stream.waitFor(({ name }) => name === '$open', patienceMs, signal)
  const id = stream.open?.id
  stream.leave()
  if (id === undefined) return { check, verdict: 'unknown', fact: 'a third connection got no event' }
  const leftAt = performance.now()
  while (performance.now() - leftAt < patienceMs && !signal.aborted) {
    const { status } = await control(examination, id, [])
    const ms = performance.now() - leftAt
    if (status === 410) return { check, verdict: 'ok', fact: `the server notices it after ${duration(ms)}` }
    if (status !== 200)
      return { check, verdict: 'unknown', fact: `a control request was answered with ${status}` }
    await pause(50, signal)
  }
  return {
    check,
    verdict: 'warning',
    fact: `${duration(patienceMs)} after a client has left, the server still counts its connection`,
    details: [
      'Such connections count for `limits.connectionsPerPrincipal`, and take memory until they are found dead',
    ],
    advice: 'Let the proxy close its connection to the server when the client leaves',
    remedies: [{ of: 'leaving' }],
  }
}
