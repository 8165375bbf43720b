import type { ContractDocument, JsonSchema, ProcedureDocument } from '@tidings/core/describe'
import { alternativesOf, propertiesOf } from '../schema-value.js'

/** What may follow on a command line. */
export interface Grammar {
  /** The names of the commands. */
  readonly commands: readonly string[]
  /** Returns the positional arguments and the options of a command. */
  partsOf(command: string): CommandParts
  /** Loads the contract that the line names, if it can be had quickly. */
  contractOf(source: string): Promise<ContractDocument | undefined>
}

/** The arguments of a command. */
export interface CommandParts {
  /** The names of the positional arguments in order. The last one takes all further words. */
  readonly positionals: readonly string[]
  /** The options with the values that each can have: undefined for any, none for an option without a value. */
  readonly options: ReadonlyMap<string, readonly string[] | undefined>
}

/** The arguments that name a procedure, each with its kind. */
const kinds: Readonly<Record<string, ProcedureDocument['kind']>> = {
  channel: 'channel',
  command: 'command',
  stream: 'stream',
}

/** Returns what the last word can become. `words` begin after the name of the program. */
export async function candidatesFor(words: readonly string[], grammar: Grammar): Promise<readonly string[]> {
  const typed = words.at(-1) ?? ''
  const all = await unfiltered(words.slice(0, -1), typed, grammar)
  return all.filter((candidate) => candidate.startsWith(typed))
}

async function unfiltered(
  before: readonly string[],
  typed: string,
  grammar: Grammar,
): Promise<readonly string[]> {
  const [name] = before
  if (name === undefined) return typed.startsWith('-') ? ['--help', '--version'] : grammar.commands
  if (!grammar.commands.includes(name)) return []
  const { positionals, options } = grammar.partsOf(name)
  const { given, values, open } = readWords(before.slice(1), options)
  if (open !== undefined) return options.get(open) ?? []
  if (typed.startsWith('-'))
    return [...options.keys()].filter((option) => !values.has(option)).map((option) => `--${option}`)
  const position = Math.min(given.length, positionals.length - 1)
  const argument = positionals[position]
  const at = positionals.findIndex((positional) => kinds[positional])
  const source = values.get('contract') ?? (positionals[0] === 'url' ? given[0] : undefined)
  if (at < 0 || argument === undefined || position < at || source === undefined) return []
  const document = await grammar.contractOf(source)
  if (!document) return []
  const kind = kinds[positionals[at] ?? '']
  if (position === at) {
    return Object.keys(document.procedures).filter((path) => document.procedures[path]?.kind === kind)
  }
  const procedure = document.procedures[given[at]?.replaceAll('.', '/') ?? '']
  return procedure && procedure.kind === kind
    ? argumentsOf(procedure, typed, given.slice(at + 1), argument)
    : []
}

/** Tells the positional words from options and their values. `open` is an option whose value comes next. */
function readWords(words: readonly string[], options: CommandParts['options']) {
  const given: string[] = []
  const values = new Map<string, string>()
  let open: string | undefined
  for (const word of words) {
    if (open !== undefined) {
      values.set(open, word)
      open = undefined
    } else if (word.startsWith('--')) {
      const [option = '', value] = word.slice(2).split(/=(.*)/s, 2)
      if (value !== undefined || options.get(option)?.length === 0) values.set(option, value ?? '')
      else open = option
    } else given.push(word)
  }
  return { given, values, open }
}

function argumentsOf(
  procedure: ProcedureDocument,
  typed: string,
  given: readonly string[],
  argument: string,
): readonly string[] {
  const schemas = schemasOf(procedure)
  const [name = '', value] = typed.split(/=(.*)/s, 2)
  const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined
  if (value !== undefined) return schema ? literalsOf(schema).map((literal) => `${name}=${literal}`) : []
  const events = argument === 'arguments' && procedure.kind === 'channel' ? Object.keys(procedure.events) : []
  if (given.some((word) => events.includes(word))) return []
  const rest = Object.keys(schemas).filter((key) => !given.some((word) => word.startsWith(`${key}=`)))
  return [...rest.map((key) => `${key}=`), ...events]
}

function schemasOf(procedure: ProcedureDocument): Readonly<Record<string, JsonSchema>> {
  if (procedure.kind !== 'channel') return (procedure.input && propertiesOf(procedure.input.wire)) ?? {}
  return Object.fromEntries(Object.entries(procedure.params).map(([name, { wire }]) => [name, wire]))
}

function literalsOf(schema: JsonSchema): readonly string[] {
  return alternativesOf(schema, schema).flatMap((one) => {
    if (Array.isArray(one['enum'])) return one['enum'].map(String)
    if ('const' in one) return [String(one['const'])]
    return one['type'] === 'boolean' ? ['true', 'false'] : []
  })
}
