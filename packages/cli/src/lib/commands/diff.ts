import { readFile } from 'node:fs/promises'
import { extname, relative, resolve, sep } from 'node:path'
import { diff as compare } from '@tidings/core/describe'
import type { Argv } from 'yargs'
import { type AnnotatedFile, annotations, changesText, verdictOf } from '../change-report.js'
import { defineCommand, type Session } from '../command.js'
import { loadVersion } from '../contract-version.js'
import { exitCode } from '../exit-code.js'
import type { Io } from '../io.js'
import { sourceOptions } from '../shared-options.js'

export const diff = defineCommand({
  usage: 'diff <old> <new>',
  summary: 'Tell whether a change of a contract breaks clients or servers',
  description:
    'Tell what changed between two versions of a contract, and whether that breaks clients or servers which have the ' +
    'other version. Each version is the URL of a server, a .json, .ts or .js file, or a .json file at a revision of ' +
    'Git: main:contract.json. Exits with 1 if something breaks.',
  examples: [
    ['diff main:contract.json contract.json', 'What this branch changes'],
    ['diff https://example.org/events contract.ts', 'Whether this contract can replace the deployed one'],
    [
      'diff old.json new.json --side clients --fail-on dangerous',
      'Only what clients notice, and more strictly',
    ],
  ],
  builder: (yargs: Argv) =>
    sourceOptions(
      yargs
        .positional('old', { type: 'string', demandOption: true, description: 'The version before' })
        .positional('new', { type: 'string', demandOption: true, description: 'The version after' })
        .option('format', {
          choices: ['text', 'json', 'github'] as const,
          default: 'text' as const,
          description: 'How to print the changes: for people, as JSON, or as annotations of GitHub Actions',
        })
        .option('side', {
          choices: ['clients', 'servers', 'both'] as const,
          default: 'both' as const,
          description:
            'Whose verdict counts: that of clients of <old>, of servers of <old>, or the worse one',
        })
        .option('fail-on', {
          choices: ['breaking', 'dangerous', 'none'] as const,
          default: 'breaking' as const,
          description: 'The verdict from which the exit code is 1',
        }),
    ),
  run: async (args, session) => {
    const { output } = session
    const before = await loadVersion(args.old, args, session)
    const after = await loadVersion(args.new, args, session)
    const changes = compare(before, after)
    const verdict = verdictOf(changes, args.side)
    if (args.format === 'json') await output.printJson({ verdict, changes })
    else if (args.format === 'text') await output.print(changesText(changes, args.side, output))
    else
      await output.print(annotations(changes, args.side, await annotatedFile([args.new, args.old], session)))
    const isFailure =
      args.failOn !== 'none' &&
      (verdict === 'breaking' || (verdict === 'dangerous' && args.failOn === 'dangerous'))
    return isFailure ? exitCode.refused : undefined
  },
})

/** Returns a path as annotations name it: in GitHub Actions, from the root of the repository. */
function inWorkspace(name: string, { cwd, env }: Io): string {
  const root = env['GITHUB_WORKSPACE']
  return root ? relative(root, resolve(cwd, name)).replaceAll(sep, '/') : name
}

/** Reads the first of the sources that is a JSON file of the working tree. */
async function annotatedFile(
  sources: readonly string[],
  { io }: Session,
): Promise<AnnotatedFile | undefined> {
  for (const name of sources) {
    if (extname(name) !== '.json') continue
    const text = await readFile(resolve(io.cwd, name), 'utf8').catch(() => undefined)
    if (text !== undefined) return { name: inWorkspace(name, io), text }
  }
  return undefined
}
