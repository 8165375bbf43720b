import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromiumArgs, chromiumPath } from '@tidings/test-kit/chromium'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, onTestFinished } from 'vitest'

/**
 * Returns a function that gives a Chromium as people have it to a test of a file, and closes the test's tabs afterwards.
 *
 * One tab in front hides the others, and what they leave goes to the back-forward cache. Launched by Playwright, every page
 * believes that it is visible and focused, and that cache is off. Chromium starts with the first call, and stops after the
 * file's tests. Called at the top level of a test file.
 */
export function desktopChromium(): () => Promise<BrowserContext> {
  const ends: (() => Promise<unknown>)[] = []
  let started: Promise<BrowserContext> | undefined
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  return async () => {
    started ??= startChromium((end) => ends.push(end))
    const context = await started
    // Without a tab, Chromium would end.
    const [first] = context.pages()
    onTestFinished(async () => {
      for (const page of context.pages()) if (page !== first) await page.close()
      await context.setOffline(false)
    })
    return context
  }
}

async function startChromium(atEnd: (end: () => Promise<unknown>) => void): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), 'tidings-chromium-'))
  atEnd(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
  const started = spawn(
    chromiumPath,
    [...chromiumArgs, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(started, 'exit')
  atEnd(() => {
    started.kill('SIGKILL')
    return ended
  })
  const lines = createInterface(started.stderr)
  for await (const line of lines) {
    const endpoint = /^DevTools listening on (ws:\S+)/.exec(line)?.[1]
    if (endpoint === undefined) continue
    // What it says from now on is read by nobody, and must not fill the pipe.
    started.stderr.resume()
    const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true })
    // In order, for its helpers still write to the profile when it is killed.
    atEnd(async () => {
      const session = await browser.newBrowserCDPSession()
      await session.send('Browser.close').catch(() => {})
      await ended
    })
    const [context] = browser.contexts()
    if (context) return context
  }
  throw new Error('Chromium did not say where it listens')
}

/**
 * Freezes a page as Chromium does with hidden ones. Gives what thaws it.
 *
 * @param isTold whether the page is told before. A page whose process is stopped is not.
 */
export async function freeze(page: Page, isTold = true): Promise<() => Promise<void>> {
  if (!isTold) {
    await page.evaluate(() => window.addEventListener('freeze', (event) => event.stopPropagation(), true))
  }
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  return async () => {
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await session.detach()
  }
}
