import type { Page } from 'playwright-core'

/** Signs in with the form of a page, and waits until the board is live. */
export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole('radio', { name }).check()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await waitForBoard(page)
}

export async function waitForBoard(page: Page): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor()
}

export async function report(page: Page, title: string): Promise<void> {
  await page.getByLabel('What is wrong?').fill(title)
  await page.getByRole('button', { name: 'Report' }).click()
}

/** The card of an incident. */
export function incident(page: Page, title: string) {
  return page.getByRole('article', { name: title })
}
