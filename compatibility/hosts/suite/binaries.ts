import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { RuntimeCommand } from './runtime-app.js'

const require = createRequire(import.meta.url)

const inPackage = (name: string, path: string) => join(dirname(require.resolve(`${name}/package.json`)), path)

/**
 * Returns the path of Bun. The package's install script would move the binary from the package of the platform,
 * and need not run.
 */
function bunPath(): string {
  const platform = `${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`
  const binary = inPackage(`@oven/bun-${platform}`, 'bin/bun')
  return existsSync(binary) ? binary : inPackage('bun', 'bin/bun.exe')
}

/** Returns the path of Deno. */
function denoPath(): string {
  // What the package's launcher calls. The launcher itself would be a process in front of Deno's.
  return (require('deno/install_api.cjs') as { runInstall(): string }).runInstall()
}

/** Returns the path of workerd. */
export function workerdPath(): string {
  return (require('workerd') as { default: string }).default
}

/** Runs a program with Bun, on the sources of the packages. */
export const bunCommand: RuntimeCommand = [bunPath(), 'run', '--conditions=@tidings/source']

/** Runs a program with Deno, on the sources of the packages. */
export const denoCommand: RuntimeCommand = [
  denoPath(),
  'run',
  '--quiet',
  '--no-lock',
  '--node-modules-dir=manual',
  '--conditions=@tidings/source',
  // The sources import `./name.js`, as they would from their build.
  '--unstable-sloppy-imports',
  '--allow-net',
  '--allow-env',
  '--allow-read',
]
