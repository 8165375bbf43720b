import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, until } from '@tidings/test-kit'
import { openTab, sharedChromium } from '@tidings/test-kit/chromium'
import type { BrowserContext } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Program, runFile } from '../../examples/quick-start/program.js'
import { brokenLinks, builtPages, linksOf, serveSite } from './built-site.js'

const newContext = sharedChromium()
const pages = builtPages()

/** The pages that are written by hand, and one of the API reference. */
const written = [...pages.keys()].filter((path) => !/^\/(reference|decisions)\/./.test(path))
const opened = [...written, '/reference/@tidings/server']

describe('the built site', () => {
  it('has no link to a page, a file or a section that does not exist', () => {
    expect(pages.size).toBeGreaterThan(60)
    expect([...pages.values()].flatMap(linksOf).length).toBeGreaterThan(1000)
    expect(brokenLinks(pages)).toEqual([])
  })

  it('leads from an example that a page mentions to the page with its command', () => {
    expect(linksOf(pages.get('/cookies') ?? '')).toContain('./examples')
  })

  it('gives every page a title of its own', () => {
    const titles = [...pages.values()].map((html) => /<title>(.*?)<\/title>/.exec(html)?.[1] ?? '')
    expect(titles.filter((title) => !title.includes('Tidings'))).toEqual([])
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([])
  })

  it('fits a phone, and asks no other host for anything', async () => {
    const origin = await serveSite()
    const context = await newContext({ viewport: { width: 390, height: 844 } })
    const complaints = complaintsOf(context, origin)
    const tab = await openTab(context, origin)
    const tooWide: string[] = []
    for (const path of opened) {
      await tab.goto(origin + path, { waitUntil: 'load' })
      if (await tab.evaluate(() => document.documentElement.scrollWidth > innerWidth)) tooWide.push(path)
    }
    expect(tooWide).toEqual([])
    expect(complaints).toEqual([])
  })

  it.each(['resume', 'cookies', 'nginx', 'StrictMode', 'presence'])(
    'finds "%s" on pages that have it',
    async (word) => {
      const origin = await serveSite()
      const context = await newContext()
      const complaints = complaintsOf(context, origin)
      const tab = await openTab(context, origin)
      await tab.locator('#local-search button').click()
      await tab.locator('.search-input').fill(word)
      await tab.locator('a.result').first().waitFor()
      const results = await tab
        .locator('a.result')
        .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))
      const first = results.slice(0, 3)
      const having = first.filter((result) =>
        textOf(new URL(result, origin).pathname).includes(word.toLowerCase()),
      )
      expect(having).toEqual(first)
      expect(complaints).toEqual([])
    },
  )

  it('leads from the first page to a server and a client that run', async () => {
    const origin = await serveSite()
    const tab = await openTab(await newContext(), origin)
    await tab.locator('.VPHero').getByRole('link', { name: 'Quick start' }).click()
    await tab.locator('h1', { hasText: 'Quick start' }).waitFor()
    const blocks = await tab.locator('.vp-doc .language-ts code').allInnerTexts()

    const folder = await mkdtemp(join(import.meta.dirname, '.run-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    // Another program may use port 3000.
    const port = String(await freePort())
    for (const block of blocks) {
      const [, file = ''] = /^\/\/ (\S+\.ts)\n/.exec(block) ?? []
      await writeFile(join(folder, file), block.replaceAll('3000', port))
    }
    const server = start(join(folder, 'server.ts'))
    await until(
      () => server.printed().includes(`localhost:${port}`),
      `the server listens: ${server.printed()}`,
    )
    const client = start(join(folder, 'client.ts'))
    await until(
      () => /ada hello\n/.test(client.printed()) && client.printed().includes('muted'),
      () => `the client prints the message: ${client.printed()}${server.printed()}`,
    )
  })
})

/** Runs a file until the test is over. */
function start(file: string): Program {
  const program = runFile(file)
  onTestFinished(async () => {
    program.child.kill()
    await program.exited
  })
  return program
}

/** Collects the errors of a context's consoles and its requests to other hosts, which it does not let pass. */
function complaintsOf(context: BrowserContext, origin: string): string[] {
  const complaints: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.page()?.url()}: ${message.text()}`)
  })
  void context.route(
    (url) => url.origin !== origin,
    (route) => {
      complaints.push(`asks for ${route.request().url()}`)
      return route.abort()
    },
  )
  return complaints
}

/** Returns what a page says, without its menus, in lower case. */
function textOf(path: string): string {
  const [, main = ''] = /<main\b(.*?)<\/main>/s.exec(pages.get(path.replace(/\.html$/, '')) ?? '') ?? []
  return main.replace(/<[^>]+>/g, '').toLowerCase()
}
