import { isTidingsError, TidingsError } from '@tidings/core'
import { type CompiledProcedure, isErrorCode, isReceived } from '@tidings/core/wire'

const explained = new WeakSet<TidingsError>()

/**
 * Marks an error as one that tells how to mend the server, which is reported, and which callers may see: it has no secrets,
 * and whoever tries the server for the first time looks at the answer.
 */
export function explain(error: TidingsError): TidingsError {
  explained.add(error)
  return error
}

/**
 * What others may see of an error, with its data encoded; everything else is reported and becomes `internal`.
 *
 * A `TidingsError` is an answer if its code is one the procedure declares, or one of Tidings' own for what a client did
 * wrong or a server cannot do now. One that came from another server, by way of a client in a handler, is none: it was
 * meant for this program, and not for whoever asked it.
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
  return new TidingsError({ code: 'internal', message: 'The server failed to answer this request' })
}
