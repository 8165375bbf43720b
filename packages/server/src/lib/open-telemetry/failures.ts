import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { isTidingsError, type TidingsError } from '@tidings/core'
import { isReceived } from '@tidings/core/wire'

/** Whether an error is a refusal, which is the caller's fault. Any other error is a failure of the server. */
export function isRefusal(error: unknown): error is TidingsError {
  return isTidingsError(error) && !isReceived(error) && error.status >= 400 && error.status < 500
}

/** Returns the class of an error: its code, or the name of its class. */
function errorTypeOf(error: unknown): string {
  if (isTidingsError(error)) return error.code
  return error instanceof Error ? error.name : '_OTHER'
}

/** Records an error that a span failed with, and its message as the description of the span's status. */
export function recordFailure(span: Span, error: unknown): void {
  const exception = error instanceof Error ? error : String(error)
  const message = error instanceof Error ? error.message : String(error)
  span.recordException(exception)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}

/** Ends the span of an operation that failed. */
export function endFailed(span: Span, error: unknown): void {
  span.setAttribute('error.type', errorTypeOf(error))
  recordFailure(span, error)
  span.end()
}
