import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromiumArgs, chromiumPath } from '@tidings/test-kit/chromium'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

/**
 * Starts Chromium as people have it: one tab in front hides the others, and what they leave goes to the back-forward cache.
 * Launched by Playwright, every page believes that it is visible and focused, and that cache is off.
 */
export async function startChromium(): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), 'tidings-chromium-'))
  onTestFinished(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
  const started = spawn(
    chromiumPath,
    [...chromiumArgs, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(started, 'exit')
  onTestFinished(async () => {
    started.kill('SIGKILL')
    await ended
  })
  const lines = createInterface(started.stderr)
  for await (const line of lines) {
    const endpoint = /^DevTools listening on (ws:\S+)/.exec(line)?.[1]
    if (endpoint === undefined) continue
    // What it says from now on is read by nobody, and must not fill the pipe.
    started.stderr.resume()
    const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true })
    // In order, for its helpers still write to the profile when it is killed.
    onTestFinished(async () => {
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
