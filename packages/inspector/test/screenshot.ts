// Takes the screenshots for docs/inspector.md, of the built page: light, dark, and 400 pixels wide. With a folder, puts
// them there.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { launchChromium } from '@tidings/test-kit/chromium'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { inspectedApp } from './inspected-app.js'

const folder = process.argv[2] ?? join(import.meta.dirname, '../../../docs')
const { app, tidings } = inspectedApp()
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events/$inspect`
const browser = await launchChromium()

/** Opens the page, has something happen in it, and takes a picture of it. */
async function picture(name: string, options: BrowserContextOptions, act: (page: Page) => Promise<void>) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  await act(page)
  // The pointer rests on nothing, and nothing is in motion.
  await page.mouse.move(0, 0)
  await page.waitForFunction(() => document.getAnimations().length === 0)
  await page.screenshot({ path: join(folder, name) })
  await context.close()
}

async function sendWhileWatching(page: Page): Promise<void> {
  await page.goto(`${address}#/room`)
  await page.getByRole('textbox', { name: /^roomId/ }).fill('lobby')
  await page.getByRole('button', { name: 'Subscribe' }).click()
  await page.getByText('Welcome').first().waitFor()
  await page.goto(`${address}#/chat/send`)
  await page.getByRole('textbox', { name: /^roomId/ }).fill('lobby')
  await page.getByRole('textbox', { name: /^author/ }).fill('Ada')
  for (const text of ['Morning! The release notes are up.', 'Ready to ship?']) {
    await page.getByRole('textbox', { name: /^text/ }).fill(text)
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByRole('region', { name: 'Subscriptions' }).getByText(text).first().waitFor()
  }
}

async function readRun(page: Page): Promise<void> {
  await page.goto(`${address}#/complete`)
  await page.getByRole('textbox', { name: /^prompt/ }).fill('to be or not to be')
  await page.getByRole('button', { name: 'Start' }).click()
  await page.locator('.run').getByText('done', { exact: true }).waitFor()
}

try {
  const viewport = { width: 1680, height: 880 }
  await picture('inspector.png', { viewport, colorScheme: 'light' }, sendWhileWatching)
  await picture('inspector-dark.png', { viewport, colorScheme: 'dark' }, sendWhileWatching)
  await picture(
    'inspector-narrow.png',
    { viewport: { width: 400, height: 860 }, colorScheme: 'light' },
    readRun,
  )
} finally {
  await browser.close()
  await tidings.close({ drainMs: 0 })
  server.close()
}
