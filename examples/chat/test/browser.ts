import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

const executablePath = process.env['TIDINGS_CHROMIUM'] ?? '/usr/bin/chromium'

/** Whether there is a Chromium to test with. With `CI=true` there has to be. */
export const hasChromium = existsSync(executablePath) || process.env['CI'] === 'true'

/** Starts Chromium without a window, on a profile of its own that goes with it. */
export async function launch(atEnd: (close: () => Promise<void>) => void = onTestFinished): Promise<Browser> {
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  const browser = await chromium.launch({ executablePath, headless: true, args })
  atEnd(() => browser.close())
  return browser
}

/** Opens the chat as somebody who was never there before, and enters under a name. */
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

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.keyboard.press('Enter')
}

/** Waits until a message shows. */
export function sees(page: Page, text: string): Promise<void> {
  return page.getByRole('log').getByText(text, { exact: true }).waitFor()
}
