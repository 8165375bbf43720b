import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'

/** The files that a bundler has written. */
export interface Bundle {
  /** The contents of each file, by its path. */
  readonly files: ReadonlyMap<string, string>
  /** The paths of all scripts. */
  readonly scripts: readonly string[]
  /** The code of all scripts. */
  readonly code: string
  /** The sources of all scripts, according to their source maps: paths that end like those on disk. */
  readonly sources: readonly string[]
  /** Bytes of a script, gzipped. */
  gzipped(script: string): number
}

export async function readBundle(folder: string): Promise<Bundle> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = new Map<string, string>()
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(relative(folder, path), await readFile(path, 'utf8'))
  }
  const textOf = (path: string) => files.get(path) ?? ''
  const scripts = [...files.keys()].filter((path) => path.endsWith('.js')).sort()
  return {
    files,
    scripts,
    code: scripts.map(textOf).join('\n'),
    sources: scripts.flatMap((script) => {
      const { sources } = JSON.parse(textOf(`${script}.map`)) as { sources: string[] }
      return sources.map((source) => (source.includes('://') ? source : join(dirname(script), source)))
    }),
    gzipped: (script) => gzipSync(textOf(script)).length,
  }
}

/** Returns the packages that sources are from, without repetition. */
export function packagesOf(sources: readonly string[]): string[] {
  const names = sources.map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].sort()
}
