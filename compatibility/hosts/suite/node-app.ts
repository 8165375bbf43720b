import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { RunningHost } from './host.js'
import { type AppOptions, startRuntimeApp } from './runtime-app.js'

/** Where Node finds it whatever the folder that an app runs in. */
const tsx = import.meta.resolve('tsx')

/** Returns the version of an installed package. */
export function versionOf(name: string): string {
  const require = createRequire(import.meta.url)
  const folders = require.resolve.paths(name) ?? []
  for (const folder of folders) {
    try {
      return (require(join(folder, name, 'package.json')) as { version: string }).version
    } catch {
      // The package is in a folder further up.
    }
  }
  throw new Error(`The package ${name} is not installed`)
}

/** Returns the versions of Node that the packages support, as the package says. */
export function nodeVersion(): string {
  const require = createRequire(import.meta.url)
  return (require('@tidings/server/package.json') as { engines: { node: string } }).engines.node
}

/** Runs an app in a process of Node, on a free port. */
export function startNodeApp(file: string, options?: AppOptions): Promise<RunningHost> {
  return startRuntimeApp([process.execPath, '--conditions=@tidings/source', `--import=${tsx}`], file, options)
}
