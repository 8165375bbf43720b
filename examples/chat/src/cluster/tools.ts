import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The programs that the cluster needs, and the variables that name another binary. Each is in a package of
 * its name.
 */
const needed = [
  { program: 'redis-server', variable: 'TIDINGS_REDIS' },
  { program: 'nginx', variable: 'TIDINGS_NGINX' },
] as const

/** The path of each program. */
export type ToolPaths = Readonly<Record<(typeof needed)[number]['program'], string>>

/** Finds the programs. Returns their paths, or a line for each that is missing. */
export function findTools(): { readonly paths: ToolPaths } | { readonly missing: string[] } {
  const found = needed.map(
    ({ program, variable }) => [program, find(program, process.env[variable])] as const,
  )
  const missing = found
    .filter(([, path]) => path === undefined)
    .map(([program]) => `${program} is missing. Get it with: sudo apt-get install ${program}`)
  if (missing.length > 0) return { missing }
  return { paths: Object.fromEntries(found) as unknown as ToolPaths }
}

function find(program: string, named: string | undefined): string | undefined {
  // Debian installs nginx in a folder that is only in root's PATH.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const candidates = named
    ? [named]
    : folders.filter((folder) => folder !== '').map((folder) => join(folder, program))
  return candidates.find((path) => existsSync(path))
}
