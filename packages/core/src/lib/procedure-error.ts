import type { CompiledCommand, CompiledStream } from './compile.js'
import { isErrorCode, isTidingsError, TidingsError } from './error.js'
import type { ValidationCode } from './payload-codec.js'
import { asReceived } from './problem.js'

/** Whether a caught error is one that calling the procedure can fail with. */
export function isErrorOf({ errors }: CompiledCommand | CompiledStream, error: unknown): boolean {
  return isTidingsError(error) && (errors.has(error.code) || isErrorCode(error.code))
}

/**
 * Decodes the data of an error that a procedure declares, as its caller receives it. Returns any other error unchanged.
 *
 * @throws TidingsError `misfitCode` if the data does not fit its schema
 */
export function decodeError(
  { errors }: CompiledCommand | CompiledStream,
  error: TidingsError,
  misfitCode: ValidationCode,
): TidingsError {
  const declared = errors.get(error.code)
  if (!declared) return error
  const { code, status, message, issues, retryAfterMs } = error
  const data = declared.decode(error.data, `the data of error "${code}"`, misfitCode)
  return asReceived(new TidingsError({ code, status, message, data, issues, retryAfterMs }))
}
