import type { TidingsError } from '@tidings/core'
import { problemContentType, toProblem } from '@tidings/core/wire'
import { type CompleteResponse, commonHeaders } from './adapter.js'

/** Returns a value as a JSON response that caches must not store, or 204 for undefined. */
export function jsonResponse(value: unknown): CompleteResponse {
  const headers = { 'Cache-Control': 'no-store', ...commonHeaders }
  if (value === undefined) return { kind: 'complete', status: 204, headers, body: '' }
  return {
    kind: 'complete',
    status: 200,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
  }
}

/** Returns an error as a problem document: RFC 9457 section 3. */
export function problemResponse(
  error: TidingsError,
  headers: CompleteResponse['headers'] = {},
): CompleteResponse {
  const problem = toProblem(error)
  const { retryAfterMs } = error
  return {
    kind: 'complete',
    status: problem.status,
    headers: {
      'Content-Type': problemContentType,
      'Cache-Control': 'no-store',
      ...commonHeaders,
      // Whole seconds, rounded up: RFC 9110 section 10.2.3.
      ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }),
      ...headers,
    },
    body: JSON.stringify(problem),
  }
}
