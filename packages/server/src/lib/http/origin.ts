import { TidingsError } from '@tidings/core'
import { commonHeaders, type TidingsRequest, type TidingsResponse } from './adapter.js'
import { healthPath, inspectPath } from './reserved-paths.js'
import { problemResponse } from './responses.js'

/** The other origins that may use the server from a browser. */
export interface AllowedOrigins {
  /** Whether any origin may, without cookies. */
  readonly any: boolean
  readonly listed: ReadonlySet<string>
}

/** How long a browser may keep the response to a preflight, in seconds: Chromium's maximum. */
const preflightSeconds = 7_200

/**
 * Handles a request unless it comes from a page whose origin is not allowed, and responds to preflights: the
 * CORS protocol of the Fetch Standard, section 3.3.
 *
 * A browser sends `Origin` with each request that can change state or whose response the page can read. A
 * request without it, for an image, frame or link of another site or subdomain, is refused too: it carries
 * the visitor's cookies and would count as the visitor's.
 */
export async function guardOrigin(
  allowed: AllowedOrigins,
  request: TidingsRequest,
  handle: () => Promise<TidingsResponse>,
): Promise<TidingsResponse> {
  const origin = request.headers.get('origin')
  if (origin === null) return isForeign(request) ? refusal('Another site', foreignAdvice) : handle()
  if (isSameOrigin(origin, request)) return handle()
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
  const response = await handle()
  const exposed = { 'Access-Control-Expose-Headers': 'Retry-After' }
  return { ...response, headers: { ...response.headers, ...headers, ...exposed } }
}

function refusal(subject: string, advice: string): TidingsResponse {
  const message = `${subject} may not use this server${advice}`
  return problemResponse(new TidingsError({ code: 'forbidden', message }), { Vary: 'Origin' })
}

const foreignAdvice =
  ' through an image, frame or link, for which browsers do not send `Origin`. Use fetch or an EventSource'

/**
 * Whether a request is from a page of another site or subdomain, which cannot read the response. The health
 * endpoint needs no `context` and may be linked to, and so may the inspector's page, which no other page may frame.
 */
function isForeign({ headers, path }: TidingsRequest): boolean {
  const fetchSite = headers.get('sec-fetch-site')
  if (fetchSite !== 'cross-site' && fetchSite !== 'same-site') return false
  return path !== healthPath && !(path === inspectPath && headers.get('sec-fetch-dest') === 'document')
}

function preflight(request: TidingsRequest, headers: Readonly<Record<string, string>>): TidingsResponse {
  const requested = request.headers.get('access-control-request-headers')
  return {
    kind: 'complete',
    status: 204,
    headers: {
      ...headers,
      ...commonHeaders,
      'Access-Control-Allow-Methods': 'GET, POST',
      // A server's `context` may read any header.
      ...(requested === null ? {} : { 'Access-Control-Allow-Headers': requested }),
      'Access-Control-Max-Age': String(preflightSeconds),
    },
    body: '',
  }
}

/**
 * Prefers the browser's own `Sec-Fetch-Site`, because behind a proxy `Host` may differ from the page's host.
 */
function isSameOrigin(origin: string, request: TidingsRequest): boolean {
  const { headers } = request
  const fetchSite = headers.get('sec-fetch-site')
  if (fetchSite !== null) return fetchSite === 'same-origin'
  if (!URL.canParse(origin)) return false
  const { protocol, host } = new URL(origin)
  if (host !== headers.get('host')) return false
  // Behind a proxy that terminates TLS, the page's scheme is https, and the request's is not.
  return protocol === 'https:' || (protocol === 'http:' && !isOverTls(request))
}

/**
 * Whether the browser sent a request over TLS, as far as known. The headers of a proxy can only confirm TLS,
 * never deny it: a forged denial would admit pages that an attacker altered on a connection without TLS.
 */
function isOverTls({ isEncrypted, headers }: TidingsRequest): boolean {
  const forwarded = `${headers.get('x-forwarded-proto') ?? ''},${headers.get('forwarded') ?? ''}`
  return isEncrypted === true || /(?:^|[\s,;="])https(?:$|[\s,;"])/i.test(forwarded)
}
