import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const guide = read('docs/examples.md')
const scriptsOf = (folder: string): object => JSON.parse(read(join(folder, 'package.json'))).scripts

describe('docs/examples.md', () => {
  it.each(readdirSync(join(root, 'examples')))('lists %s', (name) => {
    expect(guide).toContain(`(../examples/${name})`)
  })

  const command = /`npm (?:run )?(?!ci`)([\w:]+)(?: --workspace=@tidings\/example-([\w-]+))?`/g
  it.each([...guide.matchAll(command)])('shows a command that exists: %s', (...[, script = '', example]) => {
    expect(scriptsOf(example === undefined ? '.' : `examples/${example}`)).toHaveProperty([script])
  })

  it('shows the command of every example that has a page', () => {
    const starting = Object.entries(scriptsOf('.')).filter(([, code]) => code.includes('@tidings/example-'))
    for (const [script] of starting) expect(guide).toContain(`\`npm run ${script}\``)
  })
})
