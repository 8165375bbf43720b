import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const here = join(import.meta.dirname, 'testing')
const guide = await readFile(join(import.meta.dirname, '../../docs/testing.md'), 'utf8')
const blocks = [...guide.matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)

/** Bundles the tests of a component, which any page can run. */
async function bundle(file: string): Promise<string> {
  const inPage = JSON.stringify(join(here, 'vitest-in-page.ts'))
  const { outputFiles } = await build({
    stdin: {
      contents: `import './${file}'\nexport { runTests } from ${inPage}`,
      resolveDir: here,
      loader: 'ts',
    },
    bundle: true,
    format: 'iife',
    globalName: 'tests',
    jsx: 'automatic',
    conditions: ['@tidings/source'],
    alias: { vitest: join(here, 'vitest-in-page.ts') },
    define: { 'process.env.NODE_ENV': '"development"', IS_REACT_ACT_ENVIRONMENT: 'true' },
    banner: { js: 'globalThis.IS_REACT_ACT_ENVIRONMENT = true' },
    target: 'es2022',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

const newContext = sharedChromium()

describe('docs/testing.md', () => {
  it.each(['handlers.ts', 'handlers.test.ts', 'room.tsx', 'room.test.tsx'])(
    'shows %s as in the folder "testing", where it is type checked',
    async (name) => {
      expect(blocks).toContain(await readFile(join(here, name), 'utf8'))
    },
  )

  // handlers.test.ts is one of Vitest's own files here.
  it.skipIf(!hasChromium)('shows tests of a component that pass in a page', async () => {
    const page = await (await newContext()).newPage()
    const warnings: string[] = []
    page.on('console', (message) => warnings.push(message.text()))
    await page.addScriptTag({ content: await bundle('room.test.tsx') })
    type Tests = Pick<typeof import('./testing/vitest-in-page.js'), 'runTests'>
    const results = await page.evaluate(() => (globalThis as unknown as { tests: Tests }).tests.runTests())
    expect(results.map(({ name, failure }) => [name, failure])).toEqual([
      ['shows the messages of its room', undefined],
      ['says why it cannot be entered', undefined],
      ['sends a message, and says why it was refused', undefined],
    ])
    for (const { name, assertions } of results) {
      expect(assertions, name).not.toEqual([])
      for (const { actual, matcher, args } of assertions) {
        expect(actual, name)[matcher as 'toEqual'](args[0])
      }
    }
    expect(warnings).toEqual([])
  })
})
