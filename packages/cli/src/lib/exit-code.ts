/** The exit codes of the program. */
export const exitCode = {
  ok: 0,
  /** What was asked about is not so: a breaking change, a fault that was found, a refused command. */
  refused: 1,
  /** The arguments are wrong. */
  usage: 2,
  /** The server, or the bus, cannot be reached, or its response is not one of Tidings. */
  unreachable: 3,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

/** An expected failure, which ends the program with a message and without a stack trace. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  /** What to do, on lines of its own below the message. */
  readonly hint: string | undefined

  constructor(
    message: string,
    {
      exitCode: code = exitCode.refused,
      hint,
      cause,
    }: { exitCode?: ExitCode; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CliError'
    this.exitCode = code
    this.hint = hint
  }
}

/** A mistake in the arguments. */
export class UsageError extends CliError {
  /** @param hint what to do, in place of the command's line of help */
  constructor(message: string, hint?: string) {
    super(message, { exitCode: exitCode.usage, hint })
    this.name = 'UsageError'
  }
}
