import type { Browser } from 'playwright-core'
import type { Report } from './app/report.js'

/** What a page reports, and what the browser reports about it. */
export interface Visit extends Report {
  /** Errors and warnings in the console, uncaught errors, unhandled rejections, failed requests. */
  readonly problems: readonly string[]
}

/** Opens a page in a tab of its own, and waits for its report. */
export async function visit(browser: Browser, origin: string): Promise<Visit> {
  const page = await browser.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    // The browser reports every refused request, and the page's command is refused on purpose.
    const isRefusal = message.location().url === `${origin}/events/send`
    if (['error', 'warning'].includes(message.type()) && !isRefusal) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('requestfailed', (request) => {
    if (!request.url().startsWith(`${origin}/events`)) problems.push(`failed: ${request.url()}`)
  })
  await page.goto(origin)
  try {
    const report = await page.evaluate(() => (globalThis as unknown as { report: Promise<Report> }).report)
    return { ...report, problems }
  } catch (cause) {
    throw new Error(`The page at ${origin} failed. Problems: ${problems.join('\n')}`, { cause })
  } finally {
    await page.close()
  }
}
