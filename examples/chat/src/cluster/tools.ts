import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What the cluster needs beyond Node: the program, the package it comes in, and what names another binary. */
const needed = [
  { program: 'redis-server', variable: 'TIDINGS_REDIS' },
  { program: 'nginx', variable: 'TIDINGS_NGINX' },
] as const

/** Where each of them is. */
export type ToolPaths = Readonly<Record<(typeof needed)[number]['program'], string>>

/** Where each tool is, or what to say about those that are missing, in one line each. */
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
  // Debian has nginx where the paths of those who are not root do not lead.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const candidates = named
    ? [named]
    : folders.filter((folder) => folder !== '').map((folder) => join(folder, program))
  return candidates.find((path) => existsSync(path))
}
