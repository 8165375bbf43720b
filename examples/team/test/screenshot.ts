// Takes screenshots of the built board into a folder: wide and narrow, light and dark.
import { join } from 'node:path'
import { launchChromium, openTab } from '@tidings/test-kit/chromium'
import { startTeam } from './app.js'
import { incident, report, signIn } from './browser.js'

const [folder = '.'] = process.argv.slice(2)
const ends: (() => Promise<unknown>)[] = []
const wide = { width: 1280, height: 800 }
const narrow = { width: 400, height: 860 }

try {
  const team = await startTeam({}, (stop) => ends.push(stop))
  const browser = await launchChromium()
  ends.push(() => browser.close())
  const open = async (colorScheme: 'light' | 'dark') =>
    openTab(await browser.newContext({ viewport: wide, colorScheme }), team.address)
  const ada = await open('light')
  const grace = await open('dark')
  await ada.screenshot({ path: join(folder, 'sign-in.png') })
  await signIn(ada, 'Ada')
  await signIn(grace, 'Grace')
  for (const [severity, title] of [
    ['low', 'The status page shows last week’s date'],
    ['high', 'Search answers after ten seconds in Sydney'],
    ['critical', 'Checkout fails for cards from Norway'],
  ] as const) {
    await grace.getByLabel('Severity').selectOption(severity)
    await report(grace, title)
    await incident(ada, title).waitFor()
  }
  await incident(ada, 'Checkout').getByRole('combobox').selectOption('Alan Turing')
  await incident(ada, 'The status page').getByRole('button', { name: 'Close' }).click()
  await incident(grace, 'The status page').getByText('Closed', { exact: true }).waitFor()
  await incident(grace, 'Search').getByRole('button', { name: 'Close' }).click()
  await grace.getByRole('alert').waitFor()
  for (const [name, page] of Object.entries({ admin: ada, member: grace })) {
    await page.setViewportSize(wide)
    await page.screenshot({ path: join(folder, `${name}.png`) })
    await page.setViewportSize(narrow)
    await page.screenshot({ path: join(folder, `${name}-narrow.png`), fullPage: true })
  }
} finally {
  for (const stop of ends.reverse()) await stop()
}
