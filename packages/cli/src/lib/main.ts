import { inspect } from 'node:util'
import { complete } from './complete.js'
import { completionWord } from './completion/scripts.js'
import { exitCode, UsageError } from './exit-code.js'
import { failureOf } from './failure.js'
import { Interruption, type Io } from './io.js'
import { createOutput } from './output.js'
import { printableLines } from './printable.js'
import { CommandUsageError, parse } from './program.js'

/** Milliseconds that a command may take to end after an interruption. */
const graceMs = 2_000

/**
 * Runs the program.
 *
 * @param argv the arguments, without the names of Node and of the program
 * @returns the exit code. Never rejects
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const wants = (option: string) => argv.includes(option)
  let output = createOutput(io, wants('--no-color') ? false : undefined)
  let command: string | undefined
  try {
    const [word, shell = '', line = ''] = argv
    if (word === completionWord) {
      await complete(shell, line, { io, output, signal: io.signal })
      return exitCode.ok
    }
    const parsed = await parse(argv, io)
    if (parsed.kind === 'text') {
      await output.print(parsed.text)
      return exitCode.ok
    }
    const { args } = parsed
    command = parsed.name
    output = createOutput(io, typeof args['color'] === 'boolean' ? args['color'] : undefined)
    const run = parsed.command.run(args, { io, output, signal: io.signal })
    return (await endedBy(run, io.signal)) ?? exitCode.ok
  } catch (error) {
    if (io.signal.aborted) return codeOf(io.signal)
    const failure = failureOf(error)
    const { noteColors } = output
    await output.note(`${noteColors.red('error:')} ${printableLines(failure.message)}`)
    if (failure.hint) await output.note(printableLines(failure.hint))
    else if (error instanceof UsageError) {
      const name = error instanceof CommandUsageError ? error.command : command
      await output.note(`Try: tidings ${name === undefined ? '' : `${name} `}--help`)
    }
    if (failure.isUnexpected || wants('--verbose') || io.env['DEBUG']) {
      await output.note(noteColors.dim(printableLines(inspect(error, { depth: 4 }))))
    }
    return failure.exitCode
  }
}

/** Waits for a command, and not much longer than the interruption of the program. */
async function endedBy(run: Promise<number | undefined>, signal: AbortSignal): Promise<number | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let onAbort = () => {}
  const interrupted = new Promise<undefined>((resolve) => {
    onAbort = () => {
      timer = setTimeout(() => resolve(undefined), graceMs)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
  try {
    const code = await Promise.race([run, interrupted])
    return signal.aborted ? codeOf(signal) : code
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    run.catch(() => {})
  }
}

function codeOf({ reason }: AbortSignal): number {
  return reason instanceof Interruption ? reason.exitCode : exitCode.interrupted
}
