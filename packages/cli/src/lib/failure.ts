import { isTidingsError, type TidingsError } from '@tidings/core'
import { isReceived } from '@tidings/core/wire'
import { capitalized } from './capitalized.js'
import { CliError, type ExitCode, exitCode } from './exit-code.js'

/** How an error ends the program. */
export interface Failure {
  readonly message: string
  readonly hint?: string | undefined
  readonly exitCode: ExitCode
  /** Whether the program did not expect it: the stack trace is worth a report. */
  readonly isUnexpected?: boolean
}

/** Returns what to say about an error, and the exit code. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return error
  if (isTidingsError(error)) return failureOfTidings(error)
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { message, exitCode: exitCode.refused, isUnexpected: true }
}

const unreachable: readonly string[] = ['network', 'timeout', 'invalid_response']

function failureOfTidings(error: TidingsError): Failure {
  const { code, message, issues } = error
  const isOwn = !isReceived(error)
  // The first issue is in the message.
  const more = (issues ?? [])
    .slice(1)
    .map((issue) => withMissing(`  at ${issue.path.join('.')}: ${issue.message}`))
  return {
    message: isOwn
      ? capitalized(withMissing(message))
      : `The server refused: ${withMissing(message)} (${code})`,
    hint: more.length > 0 ? more.join('\n') : undefined,
    exitCode:
      isOwn && unreachable.includes(code)
        ? exitCode.unreachable
        : isOwn && code === 'invalid_input'
          ? exitCode.usage
          : exitCode.refused,
  }
}

/** Says of a value that is missing that it is, in place of what zod says: `expected string, received undefined`. */
function withMissing(message: string): string {
  return message.replace(
    /at (\S+): Invalid input: expected (.+), received undefined/,
    '$1 is missing, expected $2',
  )
}
