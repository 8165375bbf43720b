import { suggestion } from './closest.js'
import type { Command } from './command.js'

/** The options of every command. */
export const generalOptions: readonly string[] = ['color', 'verbose', 'help', 'version']

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
    const dashed = unknownOption(argv, generalOptions)
    if (dashed) return dashed
    if (message === 'no command') return `No command. There are: ${names.join(', ')}`
  }
  const dashed = chosen && unknownOption(argv, options)
  if (dashed) return dashed
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
  if (choice) {
    const name = chosen?.usage.includes(`<${choice[1]}>`) ? `<${choice[1]}>` : `--${choice[1]}`
    return `${name} cannot be ${choice[2]}. Choose from ${choice[3]?.replaceAll('"', '')}`
  }
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(message)?.[1]?.split(', ', 1)[0]
  return unknown === undefined ? message : `Unexpected argument "${unknown}"`
}

/** Says which option the command does not have, if there is one. It is also why another seems to be missing. */
function unknownOption(argv: readonly string[], options: readonly string[]): string | undefined {
  const end = argv.indexOf('--')
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [, dashes = '', given = ''] = /^(--?)([a-z][\w-]*)/i.exec(word) ?? []
    const name = given.replace(/^no-/, '')
    if (given === '' || options.includes(given) || options.includes(name)) continue
    return `Unknown option ${dashes}${given}${suggestion(name, options, '--')}`
  }
  return undefined
}
