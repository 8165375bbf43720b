import type { Answer } from '../caller.js'
import { control, described, duration, type Examination, problemCode } from '../examination.js'
import type { Finding } from '../finding.js'

const check = 'control requests'

/** How many control requests are made, so that a load balancer leads some of them elsewhere. */
const requests = 6

/** Posts control requests without operations, each on a connection of its own. */
export async function checkControl(examination: Examination, id: string): Promise<Finding> {
  const answers: Answer[] = []
  for (let count = 0; count < requests; count += 1) answers.push(await control(examination, id, []))
  const lost = answers.filter((answer) => answer.status === 410)
  if (lost.length > 0) return lostFinding(lost.length)
  const bad = answers.find(({ status }) => status !== 200)
  if (bad) return refusedFinding(bad)
  const times = answers.map(({ ms }) => ms).sort((one, other) => one - other)
  const fact = `${requests} of ${requests} reached their connection, in ${duration(times[requests / 2] ?? 0)}`
  return { check, verdict: 'ok', fact }
}

function lostFinding(count: number): Finding {
  return {
    check,
    verdict: 'fault',
    fact: `${count} of ${requests} control requests reached a node that does not know the connection (410)`,
    details: [
      'Either several processes share this address without a bus, or the credentials of the stream and of the post differ',
    ],
    advice:
      'Give each process a bus: `bus: redisBus({ url })` of @tidings/server/redis. If all have one, look whether a proxy drops Authorization or Cookie from one of the two requests',
  }
}

function refusedFinding(answer: Answer): Finding {
  const { status, headers } = answer
  const code = problemCode(answer)
  const fact = `POST $connections/<id> answers ${described(answer)}`
  if (code === 'unsupported_media_type') {
    return {
      check,
      verdict: 'fault',
      fact: `${fact}: the Content-Type of the request did not arrive`,
      advice: 'Pass on Content-Type',
      remedies: [{ of: 'request header', header: 'Content-Type' }],
    }
  }
  if (code !== undefined) {
    return {
      check,
      verdict: 'fault',
      fact: `${fact} (${code})`,
      details: ['The server itself refused'],
      advice: 'If the request needs credentials, pass them with --token or --header',
    }
  }
  if (status >= 300 && status < 400) {
    return {
      check,
      verdict: 'fault',
      fact: `${fact}: a redirect to ${headers['location']}`,
      advice: 'Clients do not follow redirects. Give them the final URL',
    }
  }
  return {
    check,
    verdict: 'fault',
    fact: `${fact}, which is not from Tidings: something in between refuses POST, or the path`,
    advice: 'Let POST pass, below the mount too, and do not require a CSRF token there',
    remedies: [{ of: status === 404 ? 'path' : 'method' }],
  }
}
