import { TidingsError } from '@tidings/core'
import { commonHeaders, type TidingsRequest, type TidingsResponse } from './adapter.js'
import { healthPath } from './reserved-paths.js'
import { problemResponse } from './responses.js'

/** Which other origins may use the server from a browser. */
export interface AllowedOrigins {
  /** Whether any may, though without cookies. */
  readonly any: boolean
  readonly listed: ReadonlySet<string>
}

/** For how long a browser may keep the answer to a preflight, in seconds: the most that Chromium does. */
const preflightSeconds = 7_200

/**
 * Answers a request, unless a page asks whose origin may not; and says so to the browser, which asks first (a preflight)
 * and hands no answer over otherwise: the CORS protocol of the Fetch Standard, section 3.3.
 *
 * A browser sends an `Origin` with all that could change anything or be read. What it sends without, for an image, a frame
 * or a link on a page of another site or subdomain, is refused too: it comes with the visitor's cookies, and would count
 * as theirs.
 */
export async function guardOrigin(
  allowed: AllowedOrigins,
  request: TidingsRequest,
  answer: () => Promise<TidingsResponse>,
): Promise<TidingsResponse> {
  const origin = request.headers.get('origin')
  if (origin === null) return isForeign(request) ? refusal('Another site', foreignAdvice) : answer()
  if (isSameOrigin(origin, request)) return answer()
  const isListed = allowed.listed.has(origin)
  if (!isListed && !allowed.any) {
    return refusal(`The origin ${origin}`, `. Its owner can allow it: cors: { origins: ['${origin}'] }`)
  }
  const headers = {
    'Access-Control-Allow-Origin': isListed ? origin : '*',
    ...(isListed ? { 'Access-Control-Allow-Credentials': 'true' } : {}),
    Vary: 'Origin',
  }
  if (request.method === 'OPTIONS') return preflight(request, headers)
  const given = await answer()
  const exposed = { 'Access-Control-Expose-Headers': 'Retry-After' }
  return { ...given, headers: { ...given.headers, ...headers, ...exposed } }
}

function refusal(who: string, advice = ''): TidingsResponse {
  const message = `${who} may not use this server${advice}`
  return problemResponse(new TidingsError({ code: 'forbidden', message }), { Vary: 'Origin' })
}

const foreignAdvice =
  ' through an image, frame or link, for which browsers do not send `Origin`. Use fetch or an EventSource'

/**
 * Whether a page of another site or subdomain has a browser fetch this without being able to read it. What needs no
 * `context` may be linked to.
 */
function isForeign({ headers, path }: TidingsRequest): boolean {
  const site = headers.get('sec-fetch-site')
  return (site === 'cross-site' || site === 'same-site') && path !== healthPath
}

function preflight(request: TidingsRequest, headers: Readonly<Record<string, string>>): TidingsResponse {
  const asked = request.headers.get('access-control-request-headers')
  return {
    kind: 'complete',
    status: 204,
    headers: {
      ...headers,
      ...commonHeaders,
      'Access-Control-Allow-Methods': 'GET, POST',
      // Whichever headers the user's own `context` reads.
      ...(asked === null ? {} : { 'Access-Control-Allow-Headers': asked }),
      'Access-Control-Max-Age': String(preflightSeconds),
    },
    body: '',
  }
}

/** Behind a proxy, `Host` may be another than the page's; what the browser itself says is better, where it says it. */
function isSameOrigin(origin: string, request: TidingsRequest): boolean {
  const { headers } = request
  const fetchSite = headers.get('sec-fetch-site')
  if (fetchSite !== null) return fetchSite === 'same-origin'
  if (!URL.canParse(origin)) return false
  const { protocol, host } = new URL(origin)
  if (host !== headers.get('host')) return false
  // Where TLS ends in front, the page's scheme is https, and the request's own is not.
  return protocol === 'https:' || (protocol === 'http:' && !cameByTls(request))
}

/**
 * Whether the browser has sent a request by TLS, as far as can be known. What a proxy says can only add to what the adapter
 * knows: a header that says otherwise would let in what anyone on the way has put into a page without TLS.
 */
function cameByTls({ isEncrypted, headers }: TidingsRequest): boolean {
  const said = `${headers.get('x-forwarded-proto') ?? ''},${headers.get('forwarded') ?? ''}`
  return isEncrypted === true || /(?:^|[\s,;="])https(?:$|[\s,;"])/i.test(said)
}
