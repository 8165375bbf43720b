import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { ContractDefinition } from '@tidings/core'
import { checkContract } from '@tidings/core/wire'
import { createJiti } from 'jiti'
import { suggestion } from './closest.js'
import { CliError, exitCode, UsageError } from './exit-code.js'
import { missingFile } from './file-errors.js'

/**
 * Loads the contract that a TypeScript or JavaScript module exports.
 *
 * @param name the file as the user wrote it
 * @param exportName the export's name, by default `contract`, else the default export
 */
export async function loadModule(
  path: string,
  name: string,
  exportName: string | undefined,
): Promise<ContractDefinition> {
  if (!existsSync(path)) throw missingFile(name)
  const exports = await evaluate(path, name)
  const value = exportName === undefined ? (exports['contract'] ?? exports['default']) : exports[exportName]
  if (!looksLikeContract(value)) {
    const others = Object.keys(exports).filter((key) => looksLikeContract(exports[key]))
    const found = others.length > 0 ? `--export ${others.join(', --export ')}` : undefined
    if (exportName === undefined) {
      throw new UsageError(
        value === undefined
          ? `${name} does not export \`contract\`, nor a default`
          : `What ${name} exports is not a contract: pass it to defineContract`,
        found && `These exports are contracts: ${found}`,
      )
    }
    throw new UsageError(
      value === undefined
        ? `${name} does not export \`${exportName}\`${suggestion(exportName, Object.keys(exports))}`
        : `\`${exportName}\` of ${name} is not a contract`,
      found && `These exports are contracts: ${found}`,
    )
  }
  try {
    checkContract(value)
  } catch (cause) {
    throw new CliError(`The contract of ${name} has a mistake: ${(cause as Error).message}`, { cause })
  }
  return value
}

async function evaluate(path: string, name: string): Promise<Record<string, unknown>> {
  try {
    const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false })
    return await jiti.import<Record<string, unknown>>(pathToFileURL(path).href)
  } catch (cause) {
    const { name: kind, message } =
      cause instanceof Error ? cause : { name: 'It threw', message: String(cause) }
    throw new CliError(`Cannot load ${name}: ${kind}: ${message}`, { exitCode: exitCode.usage, cause })
  }
}

/** How deep groups nest in any contract. */
const maxDepth = 16

/** Whether a value is a record of procedures and of groups of them. A copy of a package defines others' alike. */
function looksLikeContract(value: unknown, depth = 0): value is ContractDefinition {
  // A value that contains itself is nested without end.
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > maxDepth) return false
  const members = Object.values(value)
  return (
    members.length > 0 &&
    members.every((member) => isProcedure(member) || looksLikeContract(member, depth + 1))
  )
}

function isProcedure(value: unknown): boolean {
  const { kind } = (value ?? {}) as { kind?: unknown }
  return kind === 'channel' || kind === 'command' || kind === 'stream'
}
