import { launchChromium } from '@tidings/test-kit/chromium'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

/** Starts headless Chromium, and closes it at the end, by default of the test. */
export async function launch(atEnd: (close: () => Promise<void>) => void = onTestFinished): Promise<Browser> {
  const browser = await launchChromium()
  atEnd(() => browser.close())
  return browser
}

/** Opens the chat in a new browser context, and enters under a name. */
export async function enter(
  browser: Browser,
  address: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  page.on('pageerror', (error) => {
    throw error
  })
  await page.goto(address)
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.getByText('Live').waitFor()
  return page
}

export async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.keyboard.press('Enter')
}

/** Waits until a page shows a message. */
export function waitForMessage(page: Page, text: string): Promise<void> {
  return page.getByRole('log').getByText(text, { exact: true }).waitFor()
}
