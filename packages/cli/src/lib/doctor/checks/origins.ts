import { control, described, type Examination, type OpenConnection, problemCode } from '../examination.js'
import type { Finding } from '../finding.js'

/** Sends what a page of the server's own origin sends. The server compares `Origin` with the `Host` that arrived. */
export async function checkHost(examination: Examination, { id }: OpenConnection): Promise<Finding> {
  const check = 'host'
  const { url } = examination.target
  const answer = await control(examination, id, [], { origin: url.origin })
  if (answer.status === 200)
    return { check, verdict: 'ok', fact: `pages of ${url.origin} are of the same origin` }
  if (problemCode(answer) !== 'forbidden') {
    return { check, verdict: 'unknown', fact: `a request with Origin was answered with ${described(answer)}` }
  }
  const isTls = url.protocol === 'https:'
  return {
    check,
    // Browsers that send `Sec-Fetch-Site`, over TLS only, need no `Host`.
    verdict: isTls ? 'warning' : 'fault',
    fact: `pages of ${url.origin} are refused (403): another Host than ${url.host} reached the server`,
    ...(isTls ? { details: ['Browsers that send Sec-Fetch-Site are admitted: all since 2023'] } : {}),
    advice: 'Pass on the Host that the browser sent',
    remedies: [{ of: 'host' }],
  }
}

/** Makes the requests of a page of another origin, preflight included. */
export async function checkCors(
  examination: Examination,
  { id }: OpenConnection,
): Promise<Finding | undefined> {
  const check = 'cross-origin'
  const { options, caller } = examination
  const { origin } = options
  if (origin === undefined) return undefined
  const path = `$connections/${id}`
  const preflight = await caller.ask({
    method: 'OPTIONS',
    path,
    headers: {
      origin,
      'sec-fetch-site': 'cross-site',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  })
  const answer = await control(examination, id, [], { origin, 'sec-fetch-site': 'cross-site' })
  const admitted = [preflight, answer].map(({ headers }) => headers['access-control-allow-origin'])
  const list = `cors: { origins: ['${origin}'] }`
  if (problemCode(answer) === 'forbidden') {
    return {
      check,
      verdict: 'fault',
      fact: `the server does not admit pages of ${origin}`,
      advice: `Admit it in the options of createServer: ${list}`,
    }
  }
  if (preflight.status !== 204 && preflight.status !== 200) {
    return {
      check,
      verdict: 'fault',
      fact: `the preflight (OPTIONS) is answered with ${described(preflight)}`,
      advice: 'Let OPTIONS pass without credentials, to the server',
      remedies: [{ of: 'method' }],
    }
  }
  const wrong = admitted.find((value) => value !== origin && value !== '*')
  if (wrong !== undefined || admitted.includes(undefined)) {
    return {
      check,
      verdict: 'fault',
      fact: `Access-Control-Allow-Origin is ${wrong === undefined ? 'missing' : `"${wrong}"`}`,
      details: wrong?.includes(',')
        ? ['A proxy adds the header a second time, and browsers refuse both']
        : [],
      advice: `Leave CORS to the server: ${list}, and remove it from the proxy`,
      remedies: [{ of: 'response header', header: 'Access-Control-Allow-Origin' }],
    }
  }
  const credentials =
    preflight.headers['access-control-allow-credentials'] === 'true' ? '' : ', without cookies'
  return { check, verdict: 'ok', fact: `pages of ${origin} are admitted${credentials}` }
}
