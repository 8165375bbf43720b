import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RuntimeCommand } from './runtime-app.js'

const folder = join(import.meta.dirname, '../node-versions')
const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version: string }>
}

export interface NodeRelease {
  readonly version: string
  /** Whether the release is installed. With `CI=true` it must be, on the platform whose releases are listed. */
  readonly isInstalled: boolean
  /** Runs a program with the release, on the sources of the packages. */
  readonly command: RuntimeCommand
}

/** The installed Node. CI has this version; elsewhere it may be any that the packages support. */
export const installedNode: NodeRelease = {
  version: '20',
  isInstalled: true,
  command: commandOf(process.execPath),
}

/** Returns a release of Node that `scripts/ensure-test-tools.mjs` installs. */
export function nodeRelease(major: 22 | 24 | 26): NodeRelease {
  const path = `node_modules/node-${major}`
  const executable = join(folder, path, 'bin/node')
  const isRequired = process.env['CI'] === 'true' && process.platform === 'linux' && process.arch === 'x64'
  return {
    version: lock.packages[path]?.version ?? '',
    isInstalled: existsSync(executable) || isRequired,
    command: commandOf(executable),
  }
}

function commandOf(executable: string): RuntimeCommand {
  return [executable, '--conditions=@tidings/source', `--import=${import.meta.resolve('tsx')}`]
}
