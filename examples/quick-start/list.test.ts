import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Program, run } from './program.js'

const here = import.meta.dirname
const names = ['contract.ts', 'server.ts', 'page.tsx'] as const
const readme = await readFile(join(here, '../../README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
const newContext = sharedChromium()

let folder: string
let port: number
let server: Program

beforeAll(async () => {
  folder = await mkdtemp(join(here, '.run-'))
  await mkdir(join(folder, 'dist'))
  port = await freePort()
  for (const name of names) {
    const code = await readFile(join(here, 'list', name), 'utf8')
    await writeFile(join(folder, name), code.replaceAll('3000', String(port)))
  }
  await build({
    entryPoints: [join(folder, 'page.tsx')],
    outdir: join(folder, 'dist'),
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    conditions: ['@tidings/source'],
  })
  const html = '<!doctype html><title>List</title><body><script type="module" src="page.js"></script>'
  await writeFile(join(folder, 'dist/index.html'), html)
  const flags = ['--conditions=@tidings/source', '--import', 'tsx']
  server = run('sh', '-c', `cd "$0" && exec "$@"`, folder, process.execPath, ...flags, 'server.ts')
  const isHealthy = async () =>
    expect((await fetch(`http://localhost:${port}/events/$health`)).status, server.printed()).toBe(200)
  await vi.waitFor(isHealthy, { timeout: 20_000 })
}, 40_000)

afterAll(async () => {
  server.child.kill()
  await server.exited
  await rm(folder, { recursive: true })
})

it.each(names)(
  'the README contains %s of the list as in the folder "list", where it is type checked',
  async (name) => {
    expect(blocks).toContain(await readFile(join(here, 'list', name), 'utf8'))
  },
)

it('a live list with typed commands takes at most 45 lines of code', async () => {
  const files = await Promise.all(names.map((name) => readFile(join(here, 'list', name), 'utf8')))
  expect(files.join('').split('\n').filter(Boolean).length).toBeLessThanOrEqual(45)
})

it.runIf(hasChromium)('the list is live in two pages, and shows the error of a command', async () => {
  const context = await newContext()
  const [one, other] = [
    await openTab(context, `http://localhost:${port}`),
    await openTab(context, `http://localhost:${port}`),
  ]
  const field = one.getByPlaceholder('What is to be done?')
  const add = async (title: string) => {
    await field.fill(title)
    await field.press('Enter')
    // React empties the form once it has submitted it, perhaps after the event has arrived.
    await expect.poll(() => field.inputValue()).toBe('')
  }
  for (const title of ['Water', 'Feed', 'Walk', 'Rest']) {
    await add(title)
    if (title !== 'Rest') await other.getByRole('button', { name: title }).waitFor()
  }
  await one.getByText('3 tasks are enough').waitFor()
  await other.getByRole('button', { name: 'Feed' }).click()
  await one.getByRole('button', { name: 'Feed' }).waitFor({ state: 'detached' })
  expect(await one.getByRole('button').count()).toBe(2)
  await add('Rest')
  await other.getByRole('button', { name: 'Rest' }).waitFor()
  await one.getByRole('alert').waitFor({ state: 'detached' })
  // An event that a page has already, as from a later snapshot, changes nothing.
  for (const title of ['Walk', 'Rest']) {
    await other.getByRole('button', { name: title }).click()
    await one.getByRole('button', { name: title }).waitFor({ state: 'detached' })
  }
  for (const title of ['Swim', 'Swim again']) expect(await post('add', { id: 'swim', title })).toBe(204)
  await one.getByRole('button', { name: 'Swim again' }).waitFor()
  expect(await one.getByRole('button').count()).toBe(2)
  expect(server.printed()).toBe('')
})

/** Calls a command, and returns the status of the response. */
async function post(command: string, input: unknown): Promise<number> {
  const { status } = await fetch(`http://localhost:${port}/events/${command}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  })
  return status
}
