import type { Argv } from 'yargs'
import { UsageError } from './exit-code.js'

/** The argument of every command that takes any form of a contract. */
export function sourcePositional<Args>(yargs: Argv<Args>) {
  return yargs.positional('source', {
    type: 'string',
    demandOption: true,
    description: 'The URL where a server is mounted, or a file with the contract: .json, .ts or .js',
  })
}

/** The argument of every command that takes a server. */
export function urlPositional<Args>(yargs: Argv<Args>) {
  return yargs.positional('url', {
    type: 'string',
    demandOption: true,
    description: 'Where the server is mounted',
  })
}

/** The options of every command that makes requests to a server. */
export function requestOptions<Args>(yargs: Argv<Args>) {
  return yargs
    .option('header', {
      type: 'string',
      array: true,
      requiresArg: true,
      description: "A header of every request, as 'name: value'. May be repeated",
    })
    .option('token', {
      type: 'string',
      requiresArg: true,
      description: 'Sent as `authorization: Bearer …`. Defaults to $TIDINGS_TOKEN',
    })
    .option('timeout', {
      type: 'string',
      requiresArg: true,
      default: '20s',
      coerce: (text: string) => milliseconds('timeout', text),
      description: 'How long the server may take to answer: 500ms, 20s, 1m',
    })
}

/** The options of every command that takes any form of a contract. */
export function sourceOptions<Args>(yargs: Argv<Args>) {
  return requestOptions(
    yargs.option('export', {
      type: 'string',
      requiresArg: true,
      description: 'The name under which a module exports the contract. Defaults to `contract`',
    }),
  )
}

/** The options of every command that connects to a server. */
export function serverOptions<Args>(yargs: Argv<Args>) {
  return sourceOptions(
    yargs.option('contract', {
      type: 'string',
      requiresArg: true,
      description: 'The contract, if the server does not describe it: a .json, .ts or .js file',
    }),
  )
}

/** What {@link serverOptions} parses. */
export interface ServerArgs {
  readonly header?: readonly string[] | undefined
  readonly token?: string | undefined
  readonly contract?: string | undefined
  readonly export?: string | undefined
  readonly timeout: number
}

/** The option that prints for programs. */
export function jsonOption<Args>(yargs: Argv<Args>) {
  return yargs.option('json', {
    type: 'boolean',
    default: false,
    description: 'Print JSON, one value on each line',
  })
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Parses a duration: `500ms`, `20s`, `1m`, `2h`. A number without a unit is in seconds. */
export function milliseconds(option: string, text: string): number {
  const [, number = '', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  const ms = Number(number) * (unitMs[unit] ?? 0)
  if (number === '' || ms < 1 || ms > 2_147_483_647) {
    throw new UsageError(`--${option} is not a duration: "${text}". Write 500ms, 20s, 1m or 2h`)
  }
  return ms
}
