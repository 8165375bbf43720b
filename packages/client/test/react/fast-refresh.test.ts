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
  'Fast Refresh keeps the topic, its value and one subscription',
  { timeout: 90_000 },
  async () => {
    let snapshots = 0
    const { origin: target, tidings } = await startServer({
      room: {
        snapshot: () => {
          snapshots += 1
          return { messages: ['first'] }
        },
      },
    })
    const { origin, edit } = await startVite(target)
    const page = await openTab(await newContext(), origin)
    await page.getByText('before: first', { exact: true }).waitFor()
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await page.getByText('before: first ada', { exact: true }).waitFor()
    const before = snapshots
    const shows = async (pattern: string) =>
      new RegExp(pattern).test((await page.locator('p').textContent()) ?? '')
    await edit('before:', 'after:', () => shows('^after: first ada$'), 'the edited text was shown')
    // Another reducer folds the events that follow.
    const toUpperCase = 'String(event.data).toUpperCase()'
    await edit(
      'String(event.data)',
      toUpperCase,
      async () => {
        await tidings.emit.room({ roomId: 'a' }).typing('bob')
        return shows('BOB$')
      },
      'the edited reducer was called',
    )
    expect(await page.locator('p').textContent()).toMatch(/^after: first ada/)
    expect([tidings.stats().subscriptions, tidings.stats().connections, snapshots]).toEqual([1, 1, before])
  },
)
