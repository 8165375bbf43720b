// Takes screenshots of the built assistant into a folder: wide and narrow, light and dark.
import { join } from 'node:path'
import { launchChromium, openTab } from '@tidings/test-kit/chromium'
import { startAssistant } from './app.js'
import { ask } from './browser.js'

const [folder = '.'] = process.argv.slice(2)
const ends: (() => Promise<unknown>)[] = []

try {
  const { address } = await startAssistant({}, (stop) => ends.push(stop))
  const browser = await launchChromium()
  ends.push(() => browser.close())
  const wide = await openTab(
    await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' }),
    address,
  )
  await wide.screenshot({ path: join(folder, 'start.png') })
  const url = await ask(wide, 'What happens when a client reads slowly?')
  const narrow = await openTab(
    await browser.newContext({ viewport: { width: 390, height: 780 }, colorScheme: 'dark' }),
    url,
  )
  await narrow.getByRole('progressbar').waitFor()
  await narrow.screenshot({ path: join(folder, 'search-narrow.png') })
  await wide.getByText('says, under').waitFor()
  for (const [name, page] of Object.entries({ wide, narrow })) {
    await page.screenshot({ path: join(folder, `writing-${name}.png`) })
  }
  await wide.getByText('· simulated model').waitFor()
  await wide.getByText('3 passages').click()
  await wide.screenshot({ path: join(folder, 'done.png') })
  await ask(wide, 'What is a gap?')
  await wide.getByRole('button', { name: 'Stop' }).click()
  await wide.getByText('Stopped').waitFor()
  await wide.screenshot({ path: join(folder, 'stopped.png') })
  await ask(narrow, 'Please fail')
  await narrow.getByText('broke off').waitFor()
  await narrow.screenshot({ path: join(folder, 'failed-narrow.png') })
} finally {
  for (const stop of ends.reverse()) await stop()
}
