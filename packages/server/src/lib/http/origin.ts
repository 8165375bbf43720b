import { TidingsError } from '@tidings/core'
import { problemAnswer } from './answers.js'
import { type Answer, everyAnswer, type TidingsRequest } from './http.js'

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
 * A browser sends an `Origin` with all that could change anything or be read. What it sends without, for an image of
 * another site's page, is refused too: it would come with the visitor's cookies, and count as theirs.
 */
export async function guardOrigin(
  allowed: AllowedOrigins,
  request: TidingsRequest,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  const origin = request.headers.get('origin')
  if (origin === null) return isForeignImage(request) && !allowed.any ? refusal('Another site') : answer()
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

function refusal(who: string, advice = ''): Answer {
  const message = `${who} may not use this server${advice}`
  return problemAnswer(new TidingsError({ code: 'forbidden', message }), { Vary: 'Origin' })
}

/** Whether a page of another site has a browser fetch this without being able to read it. */
function isForeignImage({ headers }: TidingsRequest): boolean {
  return headers.get('sec-fetch-site') === 'cross-site' && headers.get('sec-fetch-mode') === 'no-cors'
}

function preflight(request: TidingsRequest, headers: Readonly<Record<string, string>>): Answer {
  const asked = request.headers.get('access-control-request-headers')
  return {
    kind: 'complete',
    status: 204,
    headers: {
      ...headers,
      ...everyAnswer,
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
