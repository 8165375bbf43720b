import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { RunningHost } from './host.js'
import { installedNode } from './node-versions.js'
import { type AppOptions, startRuntimeApp } from './runtime-app.js'

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

/** Runs an app with the installed Node, on a free port. */
export function startNodeApp(file: string, options?: AppOptions): Promise<RunningHost> {
  return startRuntimeApp(installedNode.command, file, options)
}
