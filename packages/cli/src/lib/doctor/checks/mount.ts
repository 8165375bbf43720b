import { findMount, healthOf } from '../../health.js'
import type { Answer } from '../caller.js'
import { described, type Examination, problemCode } from '../examination.js'
import type { Finding } from '../finding.js'
import { pathOf } from '../target.js'

const check = 'mount'

/** What `GET <mount>/$health` answered. */
export interface Mounted {
  readonly finding: Finding
  /** Whether a server of Tidings answered. */
  readonly isServer: boolean
  readonly answer: Answer
}

/** Asks the server whether it is there, and ready. */
export async function checkMount(examination: Examination): Promise<Mounted> {
  const answer = await examination.caller.ask({ method: 'GET', path: '$health' })
  const health = healthOf(answer)
  const isServer = health !== undefined
  return {
    answer,
    isServer,
    finding: health ? serverFinding(health, answer) : await strangerFinding(examination, answer),
  }
}

function serverFinding({ ready }: { ready: boolean }, { ms }: Answer): Finding {
  const time = ms.toFixed(1)
  if (ready) return { check, verdict: 'ok', fact: `$health: ready, in ${time} ms` }
  return {
    check,
    verdict: 'fault',
    fact: '$health answers 503: the server is closing, or its bus does not respond',
    advice: 'Look at what the server reports to `onError`, and whether Redis can be reached from it',
  }
}

async function strangerFinding(examination: Examination, answer: Answer): Promise<Finding> {
  const { target, caller } = examination
  const { status, headers } = answer
  const asked = `GET ${pathOf(target, '$health')}`
  const { location } = headers
  if (status >= 300 && status < 400) {
    return {
      check,
      verdict: 'fault',
      fact: `${asked} is redirected (${status}) to ${location ?? 'an unnamed place'}`,
      details: [
        'The client does not follow redirects: they may turn a POST into a GET, and send headers elsewhere',
      ],
      advice: `Give the client the URL that is redirected to${mountIn(location, target.url.href)}`,
    }
  }
  if (status === 401 || status === 403 || status === 407) {
    return {
      check,
      verdict: 'fault',
      fact: `${asked} answers ${described(answer)}, which is not from Tidings: $health needs no credentials`,
      advice:
        'If a proxy authenticates, pass its credentials with --header. If a firewall refused, exempt the mount',
      remedies: [{ of: 'method' }],
    }
  }
  if (status === 502 || status === 503 || status === 504) {
    return {
      check,
      verdict: 'fault',
      fact: `${asked} answers ${described(answer)}: the proxy does not reach the server`,
      advice: 'Look whether the server runs, and whether the proxy has its address and port',
    }
  }
  const isOwn = problemCode(answer) === 'not_found'
  const isPage = /html/i.test(headers['content-type'] ?? '')
  const found = await findMount(target.url, (mount) => caller.ask({ method: 'GET', path: '$health', mount }))
  return {
    check,
    verdict: 'fault',
    fact: `${asked} answers ${described(answer)}: ${isOwn ? 'the server is mounted elsewhere' : 'this is not a Tidings server'}`,
    details: [
      ...(isPage
        ? ['The response is a page: the path leads to another server, or to the files of the site']
        : []),
      ...(found ? [`A Tidings server is at ${found}`] : []),
    ],
    advice: found
      ? `Use ${found}`
      : 'Give the URL at which the server is mounted, and let the proxy pass on the whole path',
    ...(found ? {} : { remedies: [{ of: 'path' }] }),
  }
}

function mountIn(location: string | undefined, base: string): string {
  if (!location || !URL.canParse(location, base)) return ''
  return `: ${new URL(location, base).href.replace(/\/\$health.*$/, '')}`
}
