import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { ContractDefinition } from '@tidings/core'
import { describe } from '@tidings/core/describe'
import { checkContract } from '@tidings/core/wire'
import { createJiti, type Jiti } from 'jiti'
import { suggestion } from './closest.js'
import { CliError, exitCode, UsageError } from './exit-code.js'
import { missingFile } from './file-errors.js'
import type { LoadedContract } from './loaded-contract.js'

/**
 * Loads the contract that a TypeScript or JavaScript module exports, and describes it.
 *
 * @param name the file as the user wrote it
 * @param exportName the export's name, by default `contract`, else the default export
 */
export async function loadModule(
  path: string,
  name: string,
  exportName: string | undefined,
): Promise<LoadedContract> {
  if (!existsSync(path)) throw missingFile(name)
  const url = pathToFileURL(path).href
  const { jiti, exports } = await evaluate(url, name)
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
    return { contract: value, document: (await describeBeside(jiti, url))(value) }
  } catch (cause) {
    throw new CliError(`The contract of ${name} has a mistake: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Returns the `describe` of the copy of `@tidings/core` that a module imports, as that of its server is: another copy
 * does not recognise its codecs. It is this program's own where that copy has none.
 */
async function describeBeside(jiti: Jiti, parentURL: string): Promise<typeof describe> {
  try {
    const beside = await jiti.import<{ describe?: typeof describe }>('@tidings/core/describe', { parentURL })
    return beside.describe ?? describe
  } catch {
    return describe
  }
}

async function evaluate(url: string, name: string) {
  try {
    const jiti = createJiti(url, { fsCache: false, moduleCache: false, tsconfigPaths: true })
    return { jiti, exports: exportsOf(await jiti.import<Exports>(url)) }
  } catch (cause) {
    const { name: kind, message } =
      cause instanceof Error ? cause : { name: 'It threw', message: String(cause) }
    throw new CliError(`Cannot load ${name}: ${kind}: ${message}`, { exitCode: exitCode.usage, cause })
  }
}

type Exports = Readonly<Record<string, unknown>>

/**
 * Returns what a module exports. The loader adds the module itself as the default export if it has none, and
 * the keys of a default export as exports.
 */
function exportsOf(module: Exports): Exports {
  const isModule = Object.prototype.toString.call(module) === '[object Module]'
  // What CommonJS exports is its default, unless it was compiled from an ES module.
  if (!isModule && !Object.hasOwn(module, '__esModule')) return { default: module, ...module }
  const { default: value } = module as { default?: Exports }
  const isCompiled = isModule && value?.['__esModule'] === true
  return isCompiled ? { ...module, default: value['default'] } : { ...module }
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
