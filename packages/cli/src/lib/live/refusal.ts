import { isTidingsError, type TidingsError } from '@tidings/core'
import { isReceived } from '@tidings/core/wire'
import { CliError } from '../exit-code.js'
import type { Output } from '../output.js'
import { printable } from '../printable.js'
import { jsonLine } from './json-text.js'

/** Whether a server refused, rather than this program or the network. */
export function isRefusal(error: unknown): error is TidingsError {
  return isTidingsError(error) && isReceived(error)
}

/** Returns the fields of a refusal that concern its caller, for programs. */
export function refusalJson({ code, message, data, issues, retryAfterMs }: TidingsError) {
  return {
    code,
    message,
    ...(data !== undefined && { data }),
    ...(issues && { issues }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** Makes the error that ends the program after a refusal, with all that its caller is told. */
export function refused(path: string, error: TidingsError, { noteColors }: Output): CliError {
  const { code, message, data, issues = [], retryAfterMs } = error
  const details = [
    ...(data === undefined ? [] : [`data: ${jsonLine(data, noteColors)}`]),
    ...issues.map(
      (issue) => `at ${printable(issue.path.join('.') || 'the value')}: ${printable(issue.message)}`,
    ),
    ...(retryAfterMs === undefined ? [] : [`Try again in ${(retryAfterMs / 1000).toFixed(1)} s`]),
  ]
  return new CliError(`${path} failed with ${printable(code)}: ${printable(message)}`, {
    cause: error,
    ...(details.length > 0 && { hint: details.map((detail) => `  ${detail}`).join('\n') }),
  })
}
