import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const page = readFileSync(join(root, 'docs/cookies.md'), 'utf8')
const blocks = [...page.matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', text = '']) =>
  text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
)

it('shows code in docs/cookies.md that stands in the example', () => {
  expect(blocks.length).toBeGreaterThan(9)
  for (const block of blocks) {
    const [, path = ''] = /^\/\/ (examples\/team\/\S+)\n/.exec(block) ?? []
    expect(path, block).not.toBe('')
    const source = readFileSync(join(root, path), 'utf8')
    const code = block.slice(block.indexOf('\n') + 1)
    for (const part of code.split(/^\/\/ …\n/m)) expect(source).toContain(part)
  }
})
