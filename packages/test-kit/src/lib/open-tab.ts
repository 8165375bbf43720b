import type { BrowserContext, Page } from 'playwright-core'

/** Opens an address in a new tab. An error that its scripts do not catch fails the test. */
export async function openTab(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => {
    throw error
  })
  await page.goto(address)
  return page
}
