import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { describe, expect, it } from 'vitest'
import { startChat } from './app.js'
import { enter, waitForMessage, write } from './browser.js'

describe('the built chat', () => {
  it('prints one line with its address, serves the page and topics, and stops on SIGTERM', async () => {
    const chat = await startChat()
    expect(chat.line).toMatch(/^Chat is running at http:\/\/localhost:\d+$/)
    const page = await fetch(chat.address)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(await page.text()).toContain('<title>Tidings chat</title>')
    const topic = await fetch(`${chat.address}/events/room?roomId=lobby`, {
      headers: { 'accept-encoding': 'gzip' },
    })
    const first = await topic.body?.getReader().read()
    expect(new TextDecoder().decode(first?.value)).toContain('event: $open')
    expect([await chat.stop(), chat.errors()]).toEqual([0, ''])
  })
})

const newContext = sharedChromium()

describe.skipIf(!hasChromium)('two users in Chromium', () => {
  it('receive messages of their room and of no other', async () => {
    const { address } = await startChat()
    const [ada, bob] = await Promise.all([
      enter(newContext, address, 'Ada'),
      enter(newContext, address, 'Bob'),
    ])

    await ada.getByLabel('Message', { exact: true }).pressSequentially('Hel')
    await bob.getByText('Ada is typing…').waitFor()
    await write(ada, 'Hello Bob')
    await waitForMessage(bob, 'Hello Bob')
    await bob.getByText('Ada is typing…').waitFor({ state: 'detached' })
    await write(bob, 'Hello Ada')
    await waitForMessage(ada, 'Hello Ada')
    expect(await ada.locator('.message').allInnerTexts()).toEqual([
      expect.stringMatching(/^You\s+.*\s+Hello Bob$/s),
      expect.stringMatching(/^B\s+Bob\s+.*\s+Hello Ada$/s),
    ])

    await bob.getByRole('button', { name: /Kitchen/ }).click()
    await bob.getByText('Nothing here yet').waitFor()
    await write(bob, 'Anyone for tea?')
    await waitForMessage(bob, 'Anyone for tea?')
    await write(ada, 'Where did you go?')
    await waitForMessage(ada, 'Where did you go?')
    expect(await ada.getByText('Anyone for tea?').count()).toBe(0)
    expect(await bob.getByText('Where did you go?').count()).toBe(0)

    await bob.getByRole('button', { name: /Lobby/ }).click()
    await waitForMessage(bob, 'Where did you go?')
    expect(await bob.locator('.message').count()).toBe(3)
  })

  it('receive the history when they enter, write several lines, and see markup as text', async () => {
    const { address } = await startChat()
    const ada = await enter(newContext, address, 'Ada')
    const field = ada.getByLabel('Message', { exact: true })
    await field.fill('one')
    await field.press('Shift+Enter')
    await field.pressSequentially('<b>two</b> 👩‍👩‍👧‍👦')
    await field.press('Enter')
    const text = 'one\n<b>two</b> 👩‍👩‍👧‍👦'
    await expect.poll(() => ada.locator('.message-body p').allInnerTexts()).toEqual([text])
    const late = await enter(newContext, address, 'Late')
    await expect.poll(() => late.locator('.message-body p').allInnerTexts()).toEqual([text])
    await late.reload()
    await expect.poll(() => late.locator('.message-body p').allInnerTexts()).toEqual([text])
  })

  it('see why a message or a room is refused, and keep their text', async () => {
    const { address } = await startChat()
    const ada = await enter(newContext, address, 'Ada')
    await write(ada, 'buy now, it is spam')
    const refusal = ada.getByRole('alert')
    await refusal.waitFor()
    expect(await refusal.textContent()).toMatch(/^That looked like spam\. You can write again at \d+:\d+:\d+/)
    expect(await ada.getByLabel('Message', { exact: true }).inputValue()).toBe('buy now, it is spam')
    expect(await ada.locator('.message').count()).toBe(0)

    await ada.getByRole('button', { name: /Staff/ }).click()
    await ada.getByText('It is by invitation only.').waitFor()
    expect(await ada.getByLabel('Message', { exact: true }).count()).toBe(0)
  })

  it('see that the server is gone, and continue without a reload when it returns', async () => {
    const chat = await startChat()
    const ada = await enter(newContext, chat.address, 'Ada')
    await write(ada, 'before')
    await waitForMessage(ada, 'before')
    await chat.stop()
    await ada.getByText(/Reconnecting/).waitFor()
    await write(ada, 'unsent')
    await ada.getByText('The server could not be reached. Try again.').waitFor()

    await startChat(chat.port)
    await ada.getByText('Live').waitFor()
    await ada.getByText('You were away: some messages may be missing above').waitFor()
    await ada.getByRole('button', { name: 'Send' }).click()
    await waitForMessage(ada, 'unsent')
    expect(await ada.getByText('before', { exact: true }).count()).toBe(0)
  })
})
