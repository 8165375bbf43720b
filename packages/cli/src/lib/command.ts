import type { ArgumentsCamelCase, Argv } from 'yargs'
import type { ExitCode } from './exit-code.js'
import type { Io } from './io.js'
import type { Output } from './output.js'

/** What a command runs in. */
export interface Session {
  readonly io: Io
  readonly output: Output
  /** Fires when the program is to end. The command closes what it holds and returns. */
  readonly signal: AbortSignal
}

/** A command of the program. */
export interface Command<Args = unknown> {
  /** The name and the positional arguments, as yargs takes them: `tail <url> <channel> [params..]`. */
  readonly usage: string
  /** The arguments as its own help writes them, where yargs has no form for them. */
  readonly synopsis?: string
  /** What it does, in one line of the list of commands. */
  readonly summary: string
  /** More about it, for its own help. */
  readonly description?: string
  /** Command lines without the program's name, each with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[]
  /** Declares the arguments and options. */
  readonly builder: (yargs: Argv) => Argv<Args>
  /** Returns the exit code if it is not 0. */
  readonly run: (args: ArgumentsCamelCase<Args>, session: Session) => Promise<ExitCode | undefined>
}

/** Defines a command, with the types of its arguments inferred from `builder`. */
export function defineCommand<Args>(command: Command<Args>): Command {
  return command as unknown as Command
}
