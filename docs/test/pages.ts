import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** The pages whose blocks are compiled, from the root of the repository: the guides, and the READMEs. */
export const pages: readonly string[] = [
  'README.md',
  ...['docs', 'packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((name) => (folder === 'docs' ? `docs/${name}` : `${folder}/${name}/README.md`))
      .filter((path) => path.endsWith('.md') && existsSync(join(root, path))),
  ),
]
