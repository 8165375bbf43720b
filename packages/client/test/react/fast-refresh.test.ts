import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, until } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import react from '@vitejs/plugin-react'
import { createServer, defaultClientConditions } from 'vite'
import { expect, it, onTestFinished } from 'vitest'
import { startServer } from '../harness.js'

const newContext = sharedChromium()
const here = import.meta.dirname

/** A development server of Vite for a copy of the folder "fast-refresh", which the test edits. */
async function startVite(target: string) {
  // Below this folder, so that it resolves what this package does.
  const root = await mkdtemp(join(here, '.run-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await cp(join(here, 'fast-refresh'), root, { recursive: true })
  const port = await freePort()
  const vite = await createServer({
    root,
    configFile: false,
    cacheDir: join(root, '.vite'),
    logLevel: 'silent',
    plugins: [react()],
    resolve: { conditions: ['@tidings/source', ...defaultClientConditions] },
    server: { port, strictPort: true, host: '127.0.0.1', proxy: { '/events': target } },
  })
  onTestFinished(() => vite.close())
  await vite.listen()
  /** Edits the file until a condition holds: a busy machine's watcher may miss that a file has been saved. */
  const edit = async (from: string, to: string, holds: () => Promise<boolean>, what: string) => {
    const file = join(root, 'room.tsx')
    const edited = (await readFile(file, 'utf8')).replace(from, to)
    let attempts = 0
    await until(async () => {
      if (attempts % 100 === 0) {
        // Moved into place at once: Vite could read a file that is being written while it is still empty.
        await writeFile(join(root, 'room.edited'), `${edited}// saved ${attempts}\n`)
        await rename(join(root, 'room.edited'), file)
      }
      attempts += 1
      return holds()
    }, what)
  }
  return { origin: `http://127.0.0.1:${port}`, edit }
}

it.runIf(hasChromium)(
  'Fast Refresh keeps what each hook shows, and its subscriptions',
  { timeout: 90_000 },
  async () => {
    let snapshots = 0
    let runs = 0
    let proceed = () => {}
    const { origin: target, tidings } = await startServer({
      room: {
        snapshot: () => {
          snapshots += 1
          return { messages: ['first'] }
        },
      },
      count: async function* ({ input }) {
        runs += 1
        yield { type: 'number', data: 1 }
        await new Promise<void>((resolve) => {
          proceed = resolve
        })
        yield { type: 'number', data: 2 }
        return { total: input.to }
      },
    })
    const { origin, edit } = await startVite(target)
    const page = await openTab(await newContext(), origin)
    const type = (author: string) => tidings.emit.room({ roomId: 'a' }).typing(author)
    const shown = async () => [
      await page.locator('p').textContent(),
      ...(await page.locator('li').allTextContents()),
    ]
    const shows = (...what: string[]) =>
      until(async () => {
        expect(await shown()).toEqual(what)
        return true
      }, `the page showed ${what}`)
    await shows('before: first', '', 'sent ', 'idle ', 'open')
    await type('ada')
    await page.getByText('Send').click()
    await page.getByText('Count').click()
    await shows('before: first ada', 'heard ada', 'sent hi', 'running 1', 'open')
    const counts = () => [tidings.stats().subscriptions, tidings.stats().connections, snapshots, runs]
    const before = counts()
    expect(before).toEqual([2, 1, expect.any(Number), 1])

    await edit(
      'before:',
      'after:',
      async () => (await shown())[0] === 'after: first ada',
      'the edited text was shown',
    )
    await shows('after: first ada', 'heard ada', 'sent hi', 'running 1', 'open')
    expect(counts()).toEqual(before)
    await edit(
      'heard $',
      'after $',
      async () => {
        await type('eve')
        return (await shown())[1] === 'after eve'
      },
      'the edited handler was called',
    )
    // Another reducer folds the events that follow.
    await edit(
      'String(event.data)',
      'String(event.data).toUpperCase()',
      async () => {
        await type('bob')
        return (await shown())[0]?.endsWith('BOB') === true
      },
      'the edited reducer was called',
    )
    expect((await shown())[0]).toMatch(/^after: first ada/)
    expect(counts()).toEqual(before)

    proceed()
    await page.getByText('done 1 2').waitFor()
    expect(counts()).toEqual([1, ...before.slice(1)])
    await page.getByText('Send').click()
    await page.getByText('Count').click()
    await page.getByText('running 1').waitFor()
    expect((await shown()).slice(1)).toEqual(['after bob', 'sent hi', 'running 1', 'open'])
    await page.goto('about:blank')
    await until(() => tidings.stats().subscriptions === 0, 'nothing was left')
  },
)
