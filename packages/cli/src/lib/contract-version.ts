import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { ContractDocument } from '@tidings/core/describe'
import type { Session } from './command.js'
import { isUrl, loadContract } from './contract-source.js'
import { CliError, exitCode, UsageError } from './exit-code.js'
import { parseDocument } from './parse-document.js'
import type { ServerArgs } from './shared-options.js'

/** A revision of a repository and a file in it, as Git writes them. */
interface Revision {
  readonly revision: string
  readonly file: string
}

/** Loads a version of a contract: that of a server, a file, or a file as it was at a revision of Git. */
export async function loadVersion(
  source: string,
  args: ServerArgs,
  session: Session,
): Promise<ContractDocument> {
  const revision = revisionOf(source, session)
  if (!revision) return (await loadContract(source, args, session)).document
  if (!revision.file.endsWith('.json')) {
    throw new UsageError(
      `${source} is not a .json file`,
      'Only descriptions are read from Git: keep one there with `tidings snapshot`',
    )
  }
  return parseDocument(await textAt(revision, session), source)
}

/** Parses `git:<revision>:<file>` and `<revision>:<file>`. */
function revisionOf(source: string, { io }: Session): Revision | undefined {
  const [, prefix, revision = '', file = ''] = /^(git:)?([^:]+):(.+)$/.exec(source) ?? []
  if (revision === '') return undefined
  // A file may have a colon in its name, and begins with a drive on Windows.
  const isFile = isUrl(source) || /^[a-z]$/i.test(revision) || existsSync(resolve(io.cwd, source))
  return prefix || !isFile ? { revision, file } : undefined
}

async function textAt({ revision, file }: Revision, { io, signal }: Session): Promise<string> {
  // `./` makes the path relative to the directory, as other paths are.
  const path = file.startsWith('/') ? file.slice(1) : `./${file}`
  try {
    const { stdout } = await promisify(execFile)('git', ['show', '--end-of-options', `${revision}:${path}`], {
      cwd: io.cwd,
      // `hintFor` reads the messages of Git in English.
      env: { ...process.env, LC_ALL: 'C' },
      maxBuffer: 64 * 1024 * 1024,
      signal,
    })
    return stdout
  } catch (cause) {
    signal.throwIfAborted()
    const { code, stderr, message } = cause as { code?: unknown; stderr?: string; message: string }
    const why =
      code === 'ENOENT' ? 'git is not installed' : (stderr ?? message).trim().replace(/^fatal: /, '')
    const hint = hintFor(why, { revision, file })
    throw new CliError(`Git cannot show ${revision}:${file}: ${why}`, {
      exitCode: exitCode.usage,
      hint,
      cause,
    })
  }
}

function hintFor(why: string, { revision, file }: Revision): string | undefined {
  if (/^path /i.test(why)) {
    return `Until ${revision} has ${file}, there is nothing to compare with. Compare from the change after the one that adds it`
  }
  if (!/^(invalid object name|bad revision)/i.test(why)) return undefined
  const isBranch = !/^(HEAD\b|[0-9a-f]{7,64}$)|[~^@]/.test(revision)
  if (!isBranch) return 'If this is a shallow clone, fetch the history: git fetch --unshallow'
  const branch = revision.replace(/^origin\//, '')
  return `If this is a shallow clone, run: git fetch --depth=1 origin ${branch}, and name it origin/${branch}`
}
