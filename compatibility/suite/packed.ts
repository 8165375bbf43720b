import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = import.meta.dirname

export const packages = ['core', 'server', 'client'] as const

/** A folder in which the packages are installed as npm would publish them. */
export interface Installation {
  readonly folder: string
  /** Where a package is. */
  packageFolder(name: (typeof packages)[number]): string
  remove(): Promise<void>
}

/** Packs packages and unpacks them into a new folder, whose other dependencies are those of this repository. */
export async function installPacked(
  names: readonly (typeof packages)[number][] = packages,
): Promise<Installation> {
  const folder = await mkdtemp(join(here, '.run-'))
  const packageFolder = (name: string) => join(folder, 'node_modules/@tidings', name)
  await Promise.all(
    [...new Set(names)].map(async (name) => {
      const source = join(here, '../../packages', name)
      const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: source })
      const [packed] = JSON.parse(stdout) as { filename: string }[]
      if (!packed) throw new Error(`npm packed nothing in ${source}`)
      await mkdir(packageFolder(name), { recursive: true })
      const archive = join(folder, packed.filename)
      await run('tar', ['-xzf', archive, '-C', packageFolder(name), '--strip-components=1'])
      await rm(archive)
    }),
  )
  return { folder, packageFolder, remove: () => rm(folder, { recursive: true }) }
}
