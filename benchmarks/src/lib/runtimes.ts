import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)

/** A program that runs JavaScript, as `fork` takes it. */
export interface Runtime {
  readonly execPath: string
  /** The arguments before the script's path. */
  readonly execArgv: string[]
}

export const node: Runtime = { execPath: process.execPath, execArgv: ['--expose-gc'] }

/** Returns the runtime of a subject: Bun and Deno for those named after them, otherwise Node. */
export function runtimeOf(subject: string): Runtime {
  if (subject.startsWith('bun-')) return { ...node, execPath: binary('bun', 'bin/bun.exe') }
  if (!subject.startsWith('deno-')) return node
  return {
    execPath: binary('deno', 'deno'),
    execArgv: ['run', '--allow-all', '--v8-flags=--expose-gc'],
  }
}

function binary(name: string, path: string): string {
  return join(require.resolve(`${name}/package.json`), '..', path)
}
