import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { hasChromium, launchChromium } from '@tidings/test-kit/chromium'
import { transform } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'
import { installProject } from './project.js'
import { readBundlerSection } from './readme.js'
import { serve } from './site.js'
import { visit } from './visit.js'

const zodFolder = dirname(createRequire(import.meta.url).resolve('zod/package.json'))

/** Returns the scripts of an installed package, by their paths below `node_modules`. */
async function scriptsOf(name: string, folder: string): Promise<[path: string, content: string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    paths.map(async (path) => [
      join('node_modules', name, relative(folder, path)),
      await readFile(path, 'utf8'),
    ]),
  )
}

it.skipIf(!hasChromium)('runs without a bundler, with the import map of the README', async () => {
  const { app, packageFolder, remove } = await installProject()
  onTestFinished(remove)
  const importMap = /<script type="importmap">[\s\S]*?<\/script>/.exec(await readBundlerSection())?.[0]
  const html = await readFile(join(app, 'index.html'), 'utf8')
  const files = new Map([
    ['index.html', html.replace('<script', `${importMap}<script`).replace('./page.ts', './page.js')],
    ...(await scriptsOf('@tidings/core', packageFolder('core'))),
    ...(await scriptsOf('@tidings/client', packageFolder('client'))),
    ...(await scriptsOf('zod', zodFolder)),
  ])
  for (const name of ['page', 'contract']) {
    const { code } = await transform(await readFile(join(app, `${name}.ts`), 'utf8'), { loader: 'ts' })
    files.set(`${name}.js`, code)
  }
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const report = await visit(browser, await serve(files))
  expect(report.problems).toEqual([])
  expect(report.received).toEqual([0, true, 'alone', true, 'to', 'be', { tokens: 2 }, 7])
  expect(report.receivedShared).toEqual([0, true, 'shared', true])
  expect(report.isShared).toBe(true)
  expect(report.scriptsToShare).toHaveLength(1)
})
