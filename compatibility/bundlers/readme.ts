import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const path = join(import.meta.dirname, '../../packages/client/README.md')

/** Returns the section of the client's README about bundlers. */
export async function readBundlerSection(): Promise<string> {
  const section = /^## Bundlers\n[\s\S]*?(?=^## )/m.exec(await readFile(path, 'utf8'))
  if (!section) throw new Error(`${path} has no section with the heading Bundlers`)
  return section[0]
}
