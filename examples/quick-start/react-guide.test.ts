import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { languageService } from './language-service.js'

const here = import.meta.dirname
const guide = await readFile(join(here, '../../docs/react.md'), 'utf8')
const blocks = [...guide.matchAll(/^```tsx\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
const [client = '', ...components] = blocks
const named = components.map((code) => [`${/export function (\w+)/.exec(code)?.[1]}.tsx`, code] as const)
const service = languageService({
  // The client of the README is another file of this folder.
  'guide-client.ts': client,
  ...Object.fromEntries(
    named.map(([name, code]) => [name, code.replace(`'./client.js'`, `'./guide-client.js'`)]),
  ),
})

it.each(['guide-client.ts', ...named.map(([name]) => name)])('docs/react.md: %s compiles', (name) => {
  const file = join(here, name)
  const problems = [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)]
  expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
})

it('docs/react.md shows every hook', () => {
  expect(named).toHaveLength(7)
})
