import { TidingsError } from '@tidings/core'
import { problemAnswer } from './answers.js'
import type { Answer, TidingsRequest } from './http.js'

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
 * Requests without an `Origin` come from no other page: a browser sends it with all that could change anything.
 */
export async function guardOrigin(
  allowed: AllowedOrigins,
  request: TidingsRequest,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  const origin = request.headers.get('origin')
  if (origin === null || isSameOrigin(origin, request)) return answer()
  const isListed = allowed.listed.has(origin)
  if (!isListed && !allowed.any) {
    const message = `The origin ${origin} may not use this server. Its owner can allow it: cors: { origins: ['${origin}'] }`
    return problemAnswer(new TidingsError({ code: 'forbidden', message }), { Vary: 'Origin' })
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

function preflight(request: TidingsRequest, headers: Readonly<Record<string, string>>): Answer {
  const asked = request.headers.get('access-control-request-headers')
  return {
    kind: 'complete',
    status: 204,
    headers: {
      ...headers,
      'Access-Control-Allow-Methods': 'GET, POST',
      // Whichever headers the user's own `context` reads.
      ...(asked === null ? {} : { 'Access-Control-Allow-Headers': asked }),
      'Access-Control-Max-Age': String(preflightSeconds),
    },
    body: '',
  }
}

/** Behind a proxy, `Host` may be another than the page's; what the browser itself says is better, where it says it. */
function isSameOrigin(origin: string, { headers }: TidingsRequest): boolean {
  const fetchSite = headers.get('sec-fetch-site')
  if (fetchSite !== null) return fetchSite === 'same-origin'
  return URL.canParse(origin) && new URL(origin).host === headers.get('host')
}
