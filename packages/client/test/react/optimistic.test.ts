import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import { build } from 'esbuild'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { contract } from '../../../../examples/quick-start/list/contract.js'

const newContext = sharedChromium()
const root = join(import.meta.dirname, '../../../..')

/** Bundles the component of the guide, in StrictMode, with a page that notes how many tasks each change has shown. */
async function bundleRecipe(): Promise<string> {
  const guide = await readFile(join(root, 'docs/react.md'), 'utf8')
  const blocks = [...guide.matchAll(/^```tsx\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  const recipe = blocks.find((code) => code.includes('useOptimistic('))
  const page = `
    import { StrictMode } from 'react'
    import { createRoot } from 'react-dom/client'
    const main = document.body.appendChild(document.createElement('main'))
    globalThis.counts = []
    new MutationObserver(() => {
      const count = document.querySelectorAll('li').length
      if (count !== globalThis.counts.at(-1)) globalThis.counts.push(count)
    }).observe(main, { childList: true, subtree: true })
    createRoot(main).render(<StrictMode><Tasks /></StrictMode>)`
  const { outputFiles } = await build({
    stdin: {
      contents: `${recipe}${page}`,
      resolveDir: join(root, 'examples/quick-start'),
      sourcefile: 'page.tsx',
      loader: 'tsx',
    },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    conditions: ['@tidings/source'],
  })
  return outputFiles[0]?.text ?? ''
}

it.runIf(hasChromium)(
  'the optimistic list of docs/react.md shows, replaces and takes back a task',
  async () => {
    const script = await bundleRecipe()
    const steps: (() => void)[] = []
    const step = () => new Promise<void>((resolve) => steps.push(resolve))
    const proceed = () => steps.shift()?.()
    const tasks: { id: string; title: string }[] = []
    const tidings = createServer(contract, {
      tasks: { snapshot: () => tasks },
      add: async ({ input, emit, fail }) => {
        await step()
        if (tasks.length === 1) throw fail('full', { max: 1 })
        tasks.push(input)
        await emit.tasks().added(input)
        await step()
      },
      finish: () => {},
    })
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const app = express()
    app.get('/', (_request, response) =>
      response.send('<!doctype html><body><script type="module" src="/page.js"></script>'),
    )
    app.get('/page.js', (_request, response) => response.type('js').send(script))
    app.use('/events', expressHandler(tidings))
    const { origin } = await listen(app)
    const page = await openTab(await newContext(), origin)
    const counts = () => page.evaluate('globalThis.counts')
    const called = () => until(() => steps.length === 1, 'the server was called')
    await until(() => tidings.stats().subscriptions === 1, 'the list was subscribed to')

    await page.getByText('Add').click()
    await page.getByText('Water the plants').waitFor()
    await called()
    // Shown before the server has it.
    expect(tasks).toEqual([])
    proceed()
    await called()
    proceed()
    await until(async () => (await page.locator('li').count()) === 1 && tasks.length === 1, 'it was added')
    await tidings.emit.tasks().added({ id: 'other', title: 'Feed the cat' })
    await page.getByText('Feed the cat').waitFor()
    expect(await counts()).toEqual([0, 1, 2])

    await page.getByText('Add').click()
    await until(async () => (await page.locator('li').count()) === 3, 'it was shown')
    await called()
    proceed()
    await page.getByRole('alert').waitFor()
    await until(async () => (await page.locator('li').count()) === 2, 'it was taken back')
    expect(await counts()).toEqual([0, 1, 2, 3, 2])
  },
)
