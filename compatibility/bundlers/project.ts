import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Installation, installPacked } from '@tidings/compatibility/packed'
import type { Project } from './bundlers/bundler.js'
import { parcelSettings } from './bundlers/parcel.js'

/** The page of `app/`, in a folder where the packages are installed as npm would publish them. */
export interface InstalledProject extends Pick<Installation, 'packageFolder' | 'remove'> {
  readonly app: string
  /** What a bundler with this name bundles. */
  projectFor(name: string): Project
}

export async function installProject(): Promise<InstalledProject> {
  const { folder, packageFolder, remove } = await installPacked(['core', 'client'])
  const app = join(folder, 'app')
  await cp(join(import.meta.dirname, 'app'), app, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', ...parcelSettings }))
  // Parcel takes the folder with a lock file for the project's.
  await writeFile(join(folder, 'package-lock.json'), '{}')
  const projectFor = (name: string) => ({ app, output: join(folder, 'dist', name) })
  return { app, projectFor, packageFolder, remove }
}
