import { isTidingsError, TidingsError } from '@tidings/core'
import { fromProblem, isReceived, problemContentType } from '@tidings/core/wire'

/** Returns the reason of a refusal: the problem document, or an error that describes a proxy's response. */
export async function readRefusal(response: Response): Promise<TidingsError> {
  if (mediaTypeOf(response) === problemContentType) {
    const error = fromProblem(await response.json().catch(() => undefined))
    if (error) return error
  }
  // An unread body would occupy its connection.
  await response.body?.cancel().catch(() => {})
  return new TidingsError({
    code: 'invalid_response',
    status: response.status,
    message: `${response.url || 'The server'} answered ${meaningOf(response)}`,
    retryAfterMs: retryAfterMs(response),
  })
}

/** Returns the media type of a response, without parameters and in lower case. */
export function mediaTypeOf({ headers }: Response): string | undefined {
  return headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
}

function meaningOf({ status, type, headers }: Response): string {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    // A browser shows neither the status nor the target of a redirect.
    const location = headers.get('location')
    return `${status || 'with'} a redirect${location ? ` to ${location}` : ''}. Redirects are not followed: set the client's url to the target`
  }
  if (status === 204) return '204, which asks a client not to reconnect'
  return `${status} with ${headers.get('content-type') ?? 'no content type'}, which is not a Tidings response`
}

/** Returns the `Retry-After` header, seconds or a date, in milliseconds: RFC 9110 section 10.2.3. */
function retryAfterMs(response: Response): number | undefined {
  const header = response.headers.get('retry-after') ?? ''
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return ms >= 0 ? ms : undefined
}

/** Returns the error of a failed request. If `signal` has fired, the request was aborted. */
export function requestFailure(cause: unknown, what: string, signal: AbortSignal | undefined): TidingsError {
  if (isTidingsError(cause)) return cause
  if (signal?.aborted) return abortError(signal)
  return new TidingsError({ code: 'network', message: `${what} failed: ${reasonOf(cause)}`, cause })
}

/** Returns the error that a fired signal causes. */
export function abortError({ reason }: AbortSignal): TidingsError {
  if (isTidingsError(reason)) return reason
  return new TidingsError({ code: 'aborted', message: 'The request was aborted', cause: reason })
}

/** Returns the message of a thrown value, which may be anything. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Returns an error's message. Node's `fetch` has its reason in the cause. */
function reasonOf(error: unknown): string {
  const isCaused = error instanceof Error && error.cause instanceof Error
  return isCaused ? `${error.message}: ${messageOf(error.cause)}` : messageOf(error)
}

/** Whether a failure may be temporary, so that another attempt may succeed. */
export function isRetryable({ code, status }: TidingsError): boolean {
  if (code === 'aborted' || code === 'closed') return false
  return status < 400 || status >= 500 || status === 408 || status === 425 || status === 429
}

/**
 * Whether the server would refuse every other connection, too. 204 ends an event stream:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#server-sent-events-intro
 */
export function isFatal({ code, status }: TidingsError): boolean {
  const isOwn = code === 'aborted' || code === 'closed' || code === 'invalid_options'
  return isOwn || [204, 301, 308, 401, 403, 404, 410].includes(status)
}

/**
 * Whether a failure is probably a mistake in the program or deployment, which is reported although it is
 * retried.
 */
export function isMistake(problem: TidingsError): boolean {
  const { code, status } = problem
  return (code === 'internal' && !isReceived(problem)) || (code === 'invalid_response' && status < 400)
}
