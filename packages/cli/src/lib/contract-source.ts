import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import type { ContractDefinition } from '@tidings/core'
import { type ContractDocument, contractFrom } from '@tidings/core/describe'
import type { Session } from './command.js'
import { CliError } from './exit-code.js'
import { fetchDocument } from './fetch-document.js'
import { unreadable } from './file-errors.js'
import type { LoadedContract } from './loaded-contract.js'
import { parseDocument } from './parse-document.js'
import type { ServerArgs } from './shared-options.js'

/** Whether a source is a URL rather than a file. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source)
}

/** Loads the contract of a server by its URL, or that of a file: a description in JSON, or a module. */
export async function loadContract(
  source: string,
  args: ServerArgs,
  session: Session,
): Promise<LoadedContract> {
  if (isUrl(source)) {
    const document = await fetchDocument(source, args, session)
    return { document, contract: contractOf(document, source) }
  }
  return loadContractFile(source, args.export, session)
}

/** Loads the contract of a file: a description in JSON, or a module. */
export async function loadContractFile(
  file: string,
  exportName: string | undefined,
  { io }: Session,
): Promise<LoadedContract> {
  const path = resolve(io.cwd, file)
  if (extname(path) !== '.json') {
    // On demand: the compiler takes a while to load.
    const { loadModule } = await import('./load-module.js')
    return loadModule(path, file, exportName)
  }
  const document = parseDocument(await readText(path, file), file)
  return { document, contract: contractOf(document, file) }
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

/** Makes the contract of a description. */
export function contractOf(document: ContractDocument, source: string): ContractDefinition {
  try {
    return contractFrom(document)
  } catch (cause) {
    throw new CliError(`${source} describes a contract with a mistake: ${(cause as Error).message}`, {
      cause,
    })
  }
}
