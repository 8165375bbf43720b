import { CliError, exitCode } from './exit-code.js'

/** Makes the error for a file that cannot be read. */
export function unreadable(name: string, cause: unknown): CliError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') return missingFile(name)
  return new CliError(`Cannot read ${name}: ${message}`, { exitCode: exitCode.usage, cause })
}

/** Makes the error for a file that does not exist. */
export function missingFile(name: string): CliError {
  const isHost = /^(localhost|[\d.]+|[\w-]+(\.[\w-]+)+):\d+(\/|$)/.test(name)
  return new CliError(`The file ${name} does not exist${isHost ? `. Did you mean http://${name}?` : ''}`, {
    exitCode: exitCode.usage,
  })
}

/** Makes the error for a file that cannot be written. */
export function unwritable(name: string, cause: unknown): CliError {
  const { code, message } = cause as NodeJS.ErrnoException
  const why = code === 'ENOENT' ? 'its directory does not exist' : message
  return new CliError(`Cannot write ${name}: ${why}`, { exitCode: exitCode.usage, cause })
}
