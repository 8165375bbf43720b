// Takes screenshots of the built site into a folder: light, dark, and of a phone.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { launchChromium, openTab } from '@tidings/test-kit/chromium'
import type { Page } from 'playwright-core'
import { answerWithSite } from './built-site.js'

const [folder = '.'] = process.argv.slice(2)
const server = createServer(answerWithSite).listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const browser = await launchChromium()

const devices = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  'phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
} as const

/** What each picture shows. */
const views: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  home: (page) => page.goto(origin),
  'quick-start': (page) => page.goto(`${origin}/quick-start`),
  deployment: (page) => page.goto(`${origin}/deployment#nginx`),
  examples: (page) => page.goto(`${origin}/examples`),
  comparison: (page) => page.goto(`${origin}/comparison`),
  reference: (page) => page.goto(`${origin}/reference/@tidings/server`),
  async search(page) {
    await page.goto(`${origin}/recipes`)
    await page.locator('#local-search button').click()
    await page.locator('.search-input').fill('presence')
    await page.locator('a.result').first().waitFor()
  },
}

try {
  for (const [device, options] of Object.entries(devices)) {
    const page = await openTab(await browser.newContext(options), origin)
    for (const [view, show] of Object.entries(views)) {
      await show(page)
      await page.waitForFunction(() => document.getAnimations().length === 0)
      await page.screenshot({ path: join(folder, `${view}-${device}.png`) })
    }
  }
} finally {
  await browser.close()
  server.close()
}
