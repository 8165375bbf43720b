import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

/** Opens a new browser context. */
export type NewContext = (options: BrowserContextOptions) => Promise<BrowserContext>

/** Opens the chat in a new browser context, and enters under a name. */
export async function enter(
  newContext: NewContext,
  address: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await newContext({ viewport: { width: 1280, height: 800 }, ...options })
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
