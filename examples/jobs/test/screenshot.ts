// Takes screenshots of the built job runner into a folder: wide and narrow, light and dark.
import { join } from 'node:path'
import { launchChromium, openTab } from '@tidings/test-kit/chromium'
import { startJobs } from './app.js'

const [folder = '.'] = process.argv.slice(2)
const ends: (() => Promise<unknown>)[] = []

try {
  const { address } = await startJobs({ PACE: '0.6' }, (stop) => ends.push(stop))
  const browser = await launchChromium()
  ends.push(() => browser.close())
  const wide = await openTab(
    await browser.newContext({ viewport: { width: 1000, height: 900 }, colorScheme: 'light' }),
    address,
  )
  await wide.getByText('No job yet').waitFor()
  await wide.screenshot({ path: join(folder, 'start.png') })
  const dark = await openTab(
    await browser.newContext({ viewport: { width: 1000, height: 900 }, colorScheme: 'dark' }),
    address,
  )
  const narrow = await openTab(await browser.newContext({ viewport: { width: 400, height: 900 } }), address)
  const start = (name: string) => wide.getByRole('button', { name }).click()
  await start('Resize 40 images')
  await wide.getByRole('button', { name: 'Cancel' }).click()
  await wide.getByText('Cancelled', { exact: true }).waitFor()
  await start('Send 50 invoices')
  await start('Resize 40 images')
  await start('Import 10,000 rows')
  await wide.getByText('Failed', { exact: true }).waitFor()
  await wide.getByText(/^[^0]\S* of 10,000/).waitFor()
  await start('Resize 40 images')
  await start('Send 50 invoices')
  await narrow.getByText('1 ahead of it').waitFor()
  for (const [name, page] of Object.entries({ wide, dark, narrow })) {
    await page.screenshot({ path: join(folder, `jobs-${name}.png`) })
  }
  await wide.keyboard.press('Tab')
  await wide.screenshot({ path: join(folder, 'focus.png') })
} finally {
  for (const stop of ends.reverse()) await stop()
}
