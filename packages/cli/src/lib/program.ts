import yargs, { type ArgumentsCamelCase, type Argv } from 'yargs'
import manifest from '../../package.json' with { type: 'json' }
import type { Command } from './command.js'
import { bench } from './commands/bench.js'
import { call } from './commands/call.js'
import { completion } from './commands/completion.js'
import { describe } from './commands/describe.js'
import { diff } from './commands/diff.js'
import { docs } from './commands/docs.js'
import { doctor } from './commands/doctor.js'
import { emit } from './commands/emit.js'
import { run } from './commands/run.js'
import { snapshot } from './commands/snapshot.js'
import { tail } from './commands/tail.js'
import type { CommandParts } from './completion/candidates.js'
import { exitCode, UsageError } from './exit-code.js'
import type { Io } from './io.js'
import { columnsOf } from './output.js'
import { explainUsage, generalOptions } from './usage-message.js'

/** The commands, in the order in which the help lists them. */
export const commands: readonly Command[] = [
  tail,
  call,
  run,
  emit,
  describe,
  docs,
  snapshot,
  diff,
  doctor,
  bench,
  completion,
]

/** The commands by their names, in the same order. */
export const commandsByName: ReadonlyMap<string, Command> = new Map(
  commands.map((command) => [nameOf(command), command]),
)

/** A command line that was understood: a command to run, or a text to print. */
export type Parsed =
  | {
      readonly kind: 'command'
      readonly name: string
      readonly command: Command
      readonly args: ArgumentsCamelCase<Record<string, unknown>>
    }
  | { readonly kind: 'text'; readonly text: string }

/** A mistake in the arguments of one command. */
export class CommandUsageError extends UsageError {
  readonly command: string | undefined

  constructor(message: string, command: string | undefined) {
    super(message)
    this.command = command
  }
}

/**
 * Parses a command line.
 *
 * @throws UsageError
 */
export async function parse(argv: readonly string[], io: Io): Promise<Parsed> {
  const words = wordsFrom(argv, io)
  let chosen: Command | undefined
  let run: Parsed | undefined
  let options: readonly string[] = []
  let arrays: readonly string[] = []
  const refuse = (message: string): never => {
    const explained = explainUsage(message, { argv: words, options, chosen, commands })
    throw new CommandUsageError(explained, chosen && nameOf(chosen))
  }
  const program = createParser(io)
    .usage('$0 <command>\n\nWatch and call a server of Tidings, document and compare contracts.')
    .epilogue(
      `Exit codes: ${exitCode.ok} done, ${exitCode.refused} refused or not so, ${exitCode.usage} wrong usage, ` +
        `${exitCode.unreachable} server not reached, ${exitCode.interrupted} interrupted.`,
    )
    .demandCommand(1, 'no command')
  for (const command of commands) {
    program.command(
      command.usage,
      command.summary,
      (parser) => {
        chosen = command
        parser.usage(
          `$0 ${command.synopsis ?? command.usage}\n\n${command.description ?? `${command.summary}.`}`,
        )
        const built = command.builder(parser) as Argv
        ;({ options, arrays } = optionsOf(built))
        // The options of every command come last.
        const own = options.filter(
          (name) => !generalOptions.includes(name) && !positionalsOf(command).includes(name),
        )
        return built.group(own, 'Options:').group([...generalOptions], 'General options:')
      },
      (args) => {
        const twice = options.find((name) => Array.isArray(args[name]) && !arrays.includes(name))
        if (twice !== undefined) refuse(`--${twice} is given more than once`)
        for (const name of options) if (args[name] === '@-') args[name] = '-'
        run = { kind: 'command', name: nameOf(command), command, args }
      },
    )
  }
  // What `coerce` throws arrives as an error of yargs, with the same message.
  program.fail((message, error) => refuse(error?.message ?? message))
  let text = ''
  await program.parseAsync(words, {}, (_error, _args, output) => {
    text = output
  })
  if (text) return { kind: 'text', text: text.startsWith('tidings ') ? helpOf(chosen, text) : text }
  if (!run) return refuse('no command')
  return run
}

/** Returns the arguments in a form in which yargs loses none of them. */
function wordsFrom(argv: readonly string[], io: Io): string[] {
  // yargs drops an argument that is `-` alone.
  const words = argv.map((word) => (word === '-' ? '@-' : word))
  // The first of the words: a procedure may have the name of a command.
  const command = commandsByName.get(words.find((word) => commandsByName.has(word)) ?? '')
  if (!command) return words
  const { options } = partsOf(command, io)
  const takesValue = (word = '') => {
    const name = word.slice(2)
    return word.startsWith('--') && options.has(name) && options.get(name) === undefined
  }
  const end = words.indexOf('--')
  const joined: string[] = []
  for (const [index, word] of words.entries()) {
    // Without a `=`, yargs takes a value that begins with `-` for an option.
    const isValue = /^-(?!-)/.test(word) && (end < 0 || index < end) && takesValue(words[index - 1])
    if (isValue) joined.push(`${joined.pop()}=${word}`)
    else joined.push(word)
  }
  return joined
}

const examples = `Examples:
  # What a server offers
  tidings describe https://example.org/events --pretty

  # Whether this branch breaks clients or servers
  tidings diff main:contract.json contract.json

  # More about a command
  tidings diff --help`

function positionalsOf({ usage }: Command): string[] {
  return [...usage.matchAll(/[<[]([\w-]+)/g)].map(([, name]) => name ?? '')
}

/** Adds the examples to a help. yargs would break their lines. */
function helpOf(command: Command | undefined, text: string): string {
  if (!command) return `${text}\n\n${examples}`
  const lines = command.examples.map(([line, does]) => `  # ${does}\n  tidings ${line}`)
  // An argument that may be repeated has an empty array by default.
  const options = text.replace(/^(.*?)( *)(\[.*) \[default: \[\]\]$/gm, `$1$2${' '.repeat(14)}$3`)
  return [options, '', 'Examples:', lines.join('\n\n')].join('\n')
}

function createParser(io: Io): Argv {
  return yargs([])
    .scriptName('tidings')
    .locale('en')
    .wrap(columnsOf(io.stdout))
    .version(manifest.version)
    .help()
    .option('color', { type: 'boolean', description: 'Use colours, or not: --no-color' })
    .option('verbose', { type: 'boolean', default: false, description: 'Print what caused an error' })
    .strict()
    .exitProcess(false)
    .parserConfiguration({
      // `--header 'a: b' <url>` is one header.
      'greedy-arrays': false,
      'dot-notation': false,
      'parse-positional-numbers': false,
    })
}

/** Returns the name of a command. */
export function nameOf({ usage }: Command): string {
  return usage.split(' ', 1)[0] ?? usage
}

/** Returns the names of the options and positional arguments, and of those that have several values. */
function optionsOf(parser: Argv) {
  const { key, array, narg } = detailsOf(parser)
  const pairs = Object.keys(narg).filter((name) => Number(narg[name]) > 1)
  return { options: Object.keys(key), arrays: [...array, ...pairs] }
}

function detailsOf(parser: Argv) {
  // The types lack it.
  return (parser as unknown as { getOptions(): OptionDetails }).getOptions()
}

interface OptionDetails {
  readonly key: object
  readonly array: readonly string[]
  /** How many values options take. */
  readonly narg: Readonly<Record<string, number>>
  readonly boolean: readonly string[]
  readonly choices: Readonly<Record<string, readonly string[] | undefined>>
}

/** Returns the arguments of a command, for completion. */
export function partsOf(command: Command, io: Io): CommandParts {
  const positionals = positionalsOf(command)
  const { key, boolean, choices } = detailsOf(command.builder(createParser(io)) as Argv)
  const options = Object.keys(key).filter((name) => !positionals.includes(name))
  const valuesOf = (name: string) => choices[name] ?? (boolean.includes(name) ? [] : undefined)
  return { positionals, options: new Map(options.map((name) => [name, valuesOf(name)])) }
}
