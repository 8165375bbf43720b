import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer, type Handlers } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, pause, until } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import { build } from 'esbuild'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contract } from '../../../../examples/quick-start/list/contract.js'
import { aliasesOf, reacts } from './hooks.js'

const newContext = sharedChromium()
const root = join(import.meta.dirname, '../../../..')

/**
 * Bundles the component of the guide with one version of React, in StrictMode, and with a page that notes how
 * many tasks each change has shown.
 */
async function bundleRecipe(folder: string): Promise<string> {
  const guide = await readFile(join(root, 'docs/react.md'), 'utf8')
  const blocks = [...guide.matchAll(/^```tsx\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  const recipe = blocks.find((code) => code.includes('setSent('))
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
    alias: aliasesOf(folder),
    conditions: ['@tidings/source'],
  })
  return outputFiles[0]?.text ?? ''
}

/** A server of tasks, and a page of it that shows the component. */
async function openList(folder: string, add: AddHandler, tasks: Task[] = []) {
  const script = await bundleRecipe(folder)
  const tidings = createServer(contract, { tasks: { snapshot: () => tasks }, add, finish: () => {} })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const app = express()
  app.get('/', (_request, response) =>
    response.send('<!doctype html><body><script type="module" src="/page.js"></script>'),
  )
  app.get('/page.js', (_request, response) => response.type('js').send(script))
  app.use('/events', expressHandler(tidings))
  const { origin } = await listen(app)
  const page = await openTab(await newContext(), origin)
  await until(() => tidings.stats().subscriptions === 1, 'the list was subscribed to')
  return {
    page,
    tidings,
    add: () => page.getByText('Add').click(),
    counts: () => page.evaluate('globalThis.counts') as Promise<number[]>,
    shows: (count: number) =>
      until(async () => (await page.locator('li').count()) === count, `${count} tasks were shown`),
  }
}

interface Task {
  readonly id: string
  readonly title: string
}

type AddHandler = Handlers<typeof contract, undefined>['add']

describe.each(Object.entries(reacts))('the optimistic list of the guide, with %s,', (_version, folder) => {
  it.runIf(hasChromium)('shows a task before the server has it, replaces it, and takes it back', async () => {
    const steps: (() => void)[] = []
    const step = () => new Promise<void>((resolve) => steps.push(resolve))
    const proceed = async () => {
      await until(() => steps.length === 1, 'the server was called')
      steps.shift()?.()
    }
    const tasks: Task[] = []
    const { page, tidings, add, counts, shows } = await openList(
      folder,
      async ({ input, emit, fail }) => {
        await step()
        if (tasks.length === 1) throw fail('full', { max: 1 })
        tasks.push(input)
        await emit.tasks().added(input)
        await step()
      },
      tasks,
    )
    await add()
    await page.getByText('Water the plants').waitFor()
    expect(tasks).toEqual([])
    await proceed()
    await proceed()
    await shows(1)
    await tidings.emit.tasks().added({ id: 'other', title: 'Feed the cat' })
    await page.getByText('Feed the cat').waitFor()
    expect(await counts()).toEqual([0, 1, 2])

    await add()
    await shows(3)
    await proceed()
    await page.getByRole('alert').waitFor()
    await shows(2)
    expect(await counts()).toEqual([0, 1, 2, 3, 2])

    // The server removes the task, which does not come back.
    const [added] = tasks
    if (added) await tidings.emit.tasks().done({ id: added.id })
    await shows(1)
    expect(await counts()).toEqual([0, 1, 2, 3, 2, 1])
  })

  it.runIf(hasChromium)('shows a task without a break when the answer is ahead of the event', async () => {
    let emitted = 0
    const { add, counts, shows } = await openList(folder, ({ input, emit }) => {
      setTimeout(async () => {
        await emit.tasks().added(input)
        emitted += 1
      }, 100)
    })
    await add()
    await add()
    await until(() => emitted === 2, 'the events had been emitted')
    for (let count = 3; count <= 10; count += 1) {
      await add()
      await shows(count)
    }
    await until(() => emitted === 10, 'all events had been emitted')
    await pause(50)
    expect(await counts()).toEqual(Array.from({ length: 11 }, (_, count) => count))
  })

  it.runIf(hasChromium)('shows a task without a break when the handler answers at once', async () => {
    const { add, counts, shows } = await openList(folder, ({ input, emit }) => emit.tasks().added(input))
    for (let count = 1; count <= 30; count += 1) {
      await add()
      await shows(count)
    }
    await pause(50)
    expect(await counts()).toEqual(Array.from({ length: 31 }, (_, count) => count))
  })
})
