import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type ContractDocument, diff } from '@tidings/core/describe'
import type { Argv } from 'yargs'
import { changesText } from '../change-report.js'
import { defineCommand, type Session } from '../command.js'
import { loadContract } from '../contract-source.js'
import { CliError, exitCode } from '../exit-code.js'
import { unreadable, unwritable } from '../file-errors.js'
import { parseDocument } from '../parse-document.js'
import { sourceOptions, sourcePositional } from '../shared-options.js'
import { stableJson } from '../stable-json.js'

export const snapshot = defineCommand({
  usage: 'snapshot <source>',
  summary: 'Write the description of a contract into a file that is kept in Git',
  description:
    'Write the description of a contract into a file that is kept in Git, in the same form each time. ' +
    'Compare it with an earlier one: tidings diff main:contract.json contract.json.',
  examples: [
    ['snapshot src/contract.ts', 'Write contract.json'],
    ['snapshot src/contract.ts --check', 'In CI: fail if contract.json is out of date'],
  ],
  builder: (yargs: Argv) =>
    sourceOptions(
      sourcePositional(yargs)
        .option('out', {
          type: 'string',
          requiresArg: true,
          default: 'contract.json',
          description: 'The file to write, or - for stdout',
        })
        .option('check', {
          type: 'boolean',
          default: false,
          description: 'Write nothing, and exit with 1 if the file is out of date',
        }),
    ),
  run: async (args, session) => {
    const { document } = await loadContract(args.source, args, session)
    const { output, io } = session
    const path = resolve(io.cwd, args.out)
    if (args.check) return check(document, { path, name: args.out, source: args.source }, session)
    const text = stableJson(document)
    if (args.out === '-') {
      await output.print(text.trimEnd())
      return undefined
    }
    await writeFile(path, text).catch((cause: unknown) => {
      throw unwritable(args.out, cause)
    })
    await output.print(`Wrote ${args.out}`)
    return undefined
  },
})

interface KeptFile {
  readonly path: string
  readonly name: string
  readonly source: string
}

async function check(document: ContractDocument, { path, name, source }: KeptFile, { output }: Session) {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw unreadable(name, cause)
    throw new CliError(`${name} does not exist`, { hint: advice(source, name) })
  })
  const kept = parseDocument(text, name)
  // Not as text: a formatter may have broken the lines of the file in another way.
  if (stableJson(kept) === stableJson(document)) {
    await output.print(`${name} is up to date`)
    return undefined
  }
  const changes = diff(kept, document)
  await output.print(changes.length > 0 ? changesText(changes, 'both', output) : 'Only texts changed')
  await output.note(`${output.noteColors.red('error:')} ${name} is out of date`)
  await output.note(advice(source, name))
  return exitCode.refused
}

function advice(source: string, name: string): string {
  return `Write it with: tidings snapshot ${source}${name === 'contract.json' ? '' : ` --out ${name}`}`
}
