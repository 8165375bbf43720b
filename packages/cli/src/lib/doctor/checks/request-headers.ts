import { control, type Examination, type OpenConnection, receivedHeaders } from '../examination.js'
import type { Finding } from '../finding.js'

/** Headers that clients send, as they are written in configurations, with a harmless value. */
const probes: Readonly<Record<string, string>> = {
  'Last-Event-ID': 'doctor.1',
  'Idempotency-Key': 'tidings-doctor-0000000000',
  'Tidings-Connection': 'tidings-doctor',
  Prefer: 'respond-async',
  Cookie: 'tidings-doctor=1',
  Traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
}

/** What is lost with a header. */
const losses: Readonly<Record<string, string>> = {
  'Last-Event-ID': 'an EventSource that reconnects misses what was sent meanwhile',
  'Idempotency-Key': 'a command or run that is sent again runs twice',
  'Tidings-Connection': 'runs do not arrive on the connection of their client',
  Prefer: 'runs do not arrive on the connection of their client',
  Cookie: 'the server does not know who the visitor is',
  Traceparent: 'traces do not continue from the client',
  Authorization: 'the server does not know who the client is',
}

/** Headers whose loss is a matter of taste. */
const optional = new Set(['Traceparent'])

/** Sends the headers that clients use, and has the server tell which arrived. */
export async function checkRequestHeaders(
  examination: Examination,
  { id }: OpenConnection,
): Promise<Finding> {
  const check = 'request headers'
  const { target } = examination
  const own = Object.keys(target.headers)
  const added = Object.entries(probes).filter(([name]) => !own.includes(name.toLowerCase()))
  const names = [...added.map(([name]) => name), ...own.map(titleCase)].slice(0, 32)
  const answer = await control(
    examination,
    id,
    [{ echo: 'headers', headers: names }],
    Object.fromEntries(added),
  )
  const received = receivedHeaders(answer)
  if (!received) {
    return {
      check,
      verdict: 'unknown',
      fact: `the server did not tell which headers it received (${answer.status})`,
    }
  }
  const missing = names.filter((name) => !received.includes(name))
  const [first] = missing
  if (first === undefined) return { check, verdict: 'ok', fact: `all arrived: ${names.join(', ')}` }
  const worst = missing.find((name) => !optional.has(name)) ?? first
  return {
    check,
    verdict: optional.has(worst) ? 'warning' : 'fault',
    fact: `removed on the way: ${missing.join(', ')}`,
    details: missing.map(
      (name) => `Without ${name}, ${losses[name] ?? 'the server lacks what your client sends'}`,
    ),
    advice: `Pass on ${missing.join(', ')}`,
    remedies: missing.map((header) => ({ of: 'request header', header })),
  }
}

/** Sends credentials that are not valid, unless there are valid ones: they arrive if the server reacts to them. */
export async function checkAuthorization(
  examination: Examination,
  { id }: OpenConnection,
): Promise<Finding | undefined> {
  const check = 'authorization'
  const header = 'Authorization'
  if ('authorization' in examination.target.headers) return undefined
  const answer = await control(examination, id, [{ echo: 'authorization', headers: [header] }], {
    authorization: 'Bearer tidings-doctor',
  })
  const received = receivedHeaders(answer)
  if (received?.includes(header)) return { check, verdict: 'ok', fact: 'Authorization arrives' }
  if (received) {
    return {
      check,
      verdict: 'fault',
      fact: 'Authorization was removed on the way',
      details: [`Without it, ${losses[header]}`],
      advice: 'Pass on Authorization',
      remedies: [{ of: 'request header', header }],
    }
  }
  if (answer.status === 401 || answer.status === 403 || answer.status === 410) {
    const fact = `credentials that are not valid were refused (${answer.status}), so Authorization arrives`
    return { check, verdict: 'ok', fact }
  }
  return {
    check,
    verdict: 'unknown',
    fact: `the server answered ${answer.status} to a request with Authorization`,
  }
}

function titleCase(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()).replace(/-Id$/, '-ID')
}
