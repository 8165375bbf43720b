import type { Page } from 'playwright-core'

/** Asks a question, and returns the address of the answer. */
export async function ask(page: Page, question: string): Promise<string> {
  const before = page.url()
  await page.getByLabel('Question').fill(question)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.href !== before)
  return page.url()
}

/** The text that a page shows of an answer: before, between and after its searches. */
export function textsOf(page: Page): Promise<string[]> {
  return page.getByRole('article', { name: 'Answer' }).locator('.text').allTextContents()
}

export function statusOf(page: Page): Promise<string | null> {
  return page.getByRole('article', { name: 'Answer' }).getByRole('status').textContent()
}
