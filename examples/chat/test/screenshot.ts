// Takes the screenshot for the README: two users, and the bot that is answering, in the built app. With a folder,
// takes further ones.
import { join } from 'node:path'
import { launchChromium } from '@tidings/test-kit/chromium'
import { startChat } from './app.js'
import { enter, type NewContext, waitForMessage, write } from './browser.js'

const ends: (() => Promise<unknown>)[] = []
const atEnd = (stop: () => Promise<unknown>) => {
  ends.push(stop)
}
const [folder] = process.argv.slice(2)

try {
  const { address } = await startChat(0, atEnd)
  const browser = await launchChromium()
  atEnd(() => browser.close())
  const newContext: NewContext = (options) => browser.newContext(options)
  const ada = await enter(newContext, address, 'Ada Lovelace', { colorScheme: 'light' })
  const grace = await enter(newContext, address, 'Grace Hopper', { colorScheme: 'dark' })
  const talk = async (page: typeof ada, text: string) => {
    await write(page, text)
    await waitForMessage(ada, text)
    await waitForMessage(grace, text)
  }
  await talk(grace, 'Morning! The release notes are up, have a look when you can.')
  await talk(ada, 'On it. Did the migration finish last night?')
  await talk(grace, 'At 02:14, without a single retry.')
  await talk(grace, 'I pulled the network cable twice on purpose. Nothing was lost, nothing came twice.')
  await talk(ada, '@bot are we ready to ship?')
  await grace.getByLabel('Message', { exact: true }).pressSequentially('Good')
  await ada.getByText('Grace Hopper is typing…').waitFor()
  await ada.getByText(/one token at a time/).waitFor()
  await ada.screenshot({ path: join(folder ?? join(import.meta.dirname, '../../../docs'), 'chat.png') })
  if (folder) {
    await grace.screenshot({ path: join(folder, 'dark.png') })
    await write(grace, 'buy now, it is spam')
    await grace.getByRole('alert').waitFor()
    await grace.setViewportSize({ width: 390, height: 780 })
    await grace.screenshot({ path: join(folder, 'phone.png') })
    await ada.getByRole('button', { name: /Staff/ }).click()
    await ada.getByText('It is by invitation only.').waitFor()
    await ada.screenshot({ path: join(folder, 'refused.png') })
    await ada.getByRole('button', { name: 'Leave' }).click()
    await ada.screenshot({ path: join(folder, 'sign-in.png') })
  }
} finally {
  for (const stop of ends.reverse()) await stop()
}
