import { isTidingsError, TidingsError } from '@tidings/core'
import { type CompiledProcedure, isErrorCode, isReceived } from '@tidings/core/wire'

const explained = new WeakSet<TidingsError>()

/**
 * Marks an error as public although it is the server's fault. Its message explains how to fix the server and
 * has no secrets, and a developer who tries the server reads the response first. It is reported too.
 */
export function explain(error: TidingsError): TidingsError {
  explained.add(error)
  return error
}

/**
 * Returns the error that a client may see, with its data encoded. Any other is reported and becomes
 * `internal`.
 *
 * A `TidingsError` is public if the procedure declares its code, or if the code is Tidings' own and means
 * that the client is at fault or the server is unavailable. An error that a handler received from another
 * server through a client is not: it was addressed to this program, not to the caller.
 */
export function toPublicError(
  error: unknown,
  procedure: CompiledProcedure | undefined,
  report: (error: unknown) => void,
): TidingsError {
  if (isTidingsError(error) && explained.has(error)) {
    report(error)
    return error
  }
  if (isTidingsError(error) && !isReceived(error)) {
    const declared = procedure && procedure.kind !== 'channel' ? procedure.errors.get(error.code) : undefined
    if (declared) {
      try {
        const data = declared.encode(error.data, `the data of error "${error.code}"`)
        return new TidingsError({ code: error.code, status: error.status, message: error.message, data })
      } catch (cause) {
        report(cause)
        return internal()
      }
    }
    if (isErrorCode(error.code) && ((error.status >= 400 && error.status < 500) || error.status === 503)) {
      const { code, status, message, issues, retryAfterMs } = error
      return new TidingsError({ code, status, message, issues, retryAfterMs })
    }
  }
  report(error)
  return internal()
}

function internal(): TidingsError {
  return new TidingsError({ code: 'internal', message: 'The server failed to handle this request' })
}
