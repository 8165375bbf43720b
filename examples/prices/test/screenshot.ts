// Takes screenshots of the built price board into a folder: light, dark, and 400 pixels wide.
import { join } from 'node:path'
import { launchChromium, openTab } from '@tidings/test-kit/chromium'
import { startPrices } from './app.js'

const [folder = '.'] = process.argv.slice(2)
const ends: (() => Promise<unknown>)[] = []
const views = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  narrow: { viewport: { width: 400, height: 800 }, colorScheme: 'light' },
} as const

try {
  const { address } = await startPrices({}, (stop) => ends.push(stop))
  const browser = await launchChromium()
  ends.push(() => browser.close())
  for (const [name, view] of Object.entries(views)) {
    const page = await openTab(await browser.newContext(view), address)
    if (name === 'dark') await page.getByRole('button', { name: 'Slow link' }).click()
    await page.waitForFunction(() => {
      const figures = document.querySelector<HTMLElement>('.figures')
      return Number(figures?.dataset['frames']) > 240
    })
    await page.screenshot({ path: join(folder, `${name}.png`) })
    await page.close()
  }
} finally {
  for (const stop of ends.reverse()) await stop()
}
