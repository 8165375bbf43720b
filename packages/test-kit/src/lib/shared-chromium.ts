import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { afterAll, onTestFinished } from 'vitest'
import { launchChromium } from './launch-chromium.js'

/**
 * Returns a function that opens a context in the Chromium of a test file, and closes it when the test is over.
 *
 * Chromium starts with the first context and stops after the file's tests: a start takes more time than most tests. Contexts
 * share no cookies, storage, channels or locks. Called at the top level of a test file.
 */
export function sharedChromium(): (options?: BrowserContextOptions) => Promise<BrowserContext> {
  let browser: Promise<Browser> | undefined
  afterAll(async () => {
    await (await browser)?.close()
  })
  return async (options) => {
    browser ??= launchChromium()
    const context = await (await browser).newContext(options)
    onTestFinished(() => context.close())
    return context
  }
}
