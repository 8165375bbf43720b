import type { ContractDocument } from '@tidings/core/describe'
import { CliError, exitCode } from './exit-code.js'

/** Parses the description of a contract. `source` names it in errors. */
export function parseDocument(text: string, source: string): ContractDocument {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new CliError(`${source} is not JSON: ${(cause as Error).message}`, {
      exitCode: exitCode.usage,
      cause,
    })
  }
  const { tidings, procedures } = (value ?? {}) as Partial<Record<keyof ContractDocument, unknown>>
  if (typeof tidings !== 'number' || typeof procedures !== 'object' || procedures === null) {
    throw new CliError(
      `${source} does not describe a contract. Make one with: tidings snapshot <url | module>`,
      {
        exitCode: exitCode.usage,
      },
    )
  }
  if (tidings !== 1) {
    throw new CliError(`${source} has version ${tidings} of the format, which needs a newer tidings`, {
      exitCode: exitCode.usage,
    })
  }
  return value as ContractDocument
}
