import { isTidingsError, TidingsError } from '@tidings/core'
import { fromProblem, isReceived, problemContentType } from '@tidings/core/wire'

/** Reads why a request was refused: a problem document, or what a proxy in between had to say. */
export async function readRefusal(response: Response): Promise<TidingsError> {
  if (mediaTypeOf(response) === problemContentType) {
    const error = fromProblem(await response.json().catch(() => undefined))
    if (error) return error
  }
  // Unread, it would keep its connection.
  await response.body?.cancel().catch(() => {})
  return new TidingsError({
    code: 'invalid_response',
    status: response.status,
    message: `${response.url || 'The server'} answered ${meaningOf(response)}`,
    retryAfterMs: retryAfterMs(response),
  })
}

/** The media type of a response, without parameters and in lower case, by which it is compared. */
export function mediaTypeOf({ headers }: Response): string | undefined {
  return headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
}

function meaningOf({ status, type, headers }: Response): string {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    // A browser tells neither the status of a redirect nor where it leads.
    const location = headers.get('location')
    return `${status || 'with'} a redirect${location ? ` to ${location}` : ''}. Redirects are not followed: set the client's url to the target`
  }
  if (status === 204) return '204, which asks a client not to reconnect'
  return `${status} with ${headers.get('content-type') ?? 'no content type'}, which is not a Tidings response`
}

/** The `Retry-After` header in milliseconds, which is a number of seconds or a date: RFC 9110 section 10.2.3. */
function retryAfterMs(response: Response): number | undefined {
  const header = response.headers.get('retry-after') ?? ''
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return ms >= 0 ? ms : undefined
}

/** What a failed request has come to, as a `TidingsError`. `signal` tells an abort from a broken network. */
export function requestFailure(cause: unknown, what: string, signal: AbortSignal | undefined): TidingsError {
  if (isTidingsError(cause)) return cause
  if (signal?.aborted) {
    if (isTidingsError(signal.reason)) return signal.reason
    return new TidingsError({ code: 'aborted', message: 'The request was aborted', cause: signal.reason })
  }
  return new TidingsError({ code: 'network', message: `${what} failed: ${reasonOf(cause)}`, cause })
}

/** What was thrown says: it may be anything. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** What an error says; Node's fetch says only that it failed, and tells why in its cause. */
function reasonOf(error: unknown): string {
  const isCaused = error instanceof Error && error.cause instanceof Error
  return isCaused ? `${error.message}: ${messageOf(error.cause)}` : messageOf(error)
}

/** Whether a failure may heal by itself, so that it is worth another attempt. */
export function isRetryable({ code, status }: TidingsError): boolean {
  if (code === 'aborted' || code === 'closed') return false
  return status < 400 || status >= 500 || status === 408 || status === 425 || status === 429
}

/**
 * Whether the server will never have a client, so that no other connection would be any better. 204 ends an event stream:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#server-sent-events-intro
 */
export function isFatal({ code, status }: TidingsError): boolean {
  return code === 'aborted' || code === 'closed' || [204, 301, 308, 401, 403, 404, 410].includes(status)
}

/** Whether a failure is probably a mistake, in the program or in how it is deployed: it is told, although it is tried again. */
export function isMistake(problem: TidingsError): boolean {
  const { code, status } = problem
  return (code === 'internal' && !isReceived(problem)) || (code === 'invalid_response' && status < 400)
}
