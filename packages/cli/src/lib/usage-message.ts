import { suggestion } from './closest.js'
import type { Command } from './command.js'

interface Place {
  readonly argv: readonly string[]
  /** The options of the command. */
  readonly options: readonly string[]
  /** The command whose arguments are wrong. */
  readonly chosen: Command | undefined
  readonly commands: readonly Command[]
}

/** Says in one line what yargs found wrong. */
export function explainUsage(message: string, { argv, options, chosen, commands }: Place): string {
  if (!chosen) {
    const names = commands.map(({ usage }) => usage.split(' ', 1)[0] ?? usage)
    const [unknown] = argv.filter((word) => !word.startsWith('-'))
    if (unknown !== undefined) return `Unknown command "${unknown}"${suggestion(unknown, names)}`
    if (message === 'no command') return `No command. There are: ${names.join(', ')}`
  }
  const counts = /got (\d+), need at least (\d+)/.exec(message)
  if (counts && chosen) {
    const positionals = chosen.usage.split(' ').slice(1)
    return `Missing argument ${positionals[Number(counts[1])] ?? ''}`
  }
  const following = /^Not enough arguments following: (.*)$/.exec(message)
  if (following) return `--${following[1]} needs a value`
  const required = /^Missing required arguments?: (.*)$/.exec(message)
  if (required) return `Missing option --${required[1]?.split(', ').join(', --')}`
  const choice = /Argument: (.*), Given: (.*), Choices: (.*)/.exec(message)
  if (choice) return `--${choice[1]} cannot be ${choice[2]}. Choose from ${choice[3]?.replaceAll('"', '')}`
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(message)?.[1]?.split(', ', 1)[0]
  if (unknown !== undefined) {
    const isOption = argv.some((word) => new RegExp(`^--?(no-)?${escaped(unknown)}(=|$)`).test(word))
    if (!isOption) return `Unexpected argument "${unknown}"`
    const dashes = unknown.length === 1 ? '-' : '--'
    return `Unknown option ${dashes}${unknown}${suggestion(unknown, options, '--')}`
  }
  return message
}

function escaped(text: string): string {
  return text.replace(/[^\w-]/g, '\\$&')
}
