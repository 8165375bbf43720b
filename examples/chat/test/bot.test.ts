import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { replyTo } from '../src/server/reply.js'
import { startChat } from './app.js'
import { enter, write } from './browser.js'

const newContext = sharedChromium()

/** Long enough to reload a page meanwhile. */
const longPrompt = Array.from({ length: 120 }, (_, n) => `word-${(n * 37) % 120}`).join(' ')

const stopButton = (page: Page) => page.getByRole('button', { name: 'Stop' })

/** Resolves with the text of the bot's answer, whether it is being written or a message. */
function answerOn(page: Page): Promise<string | null> {
  return page
    .locator('.message', { has: page.getByText('bot', { exact: true }) })
    .locator('p')
    .textContent({ timeout: 10_000 })
}

/** Records the texts that the answer has on a page, until it resolves with them. */
async function recordAnswer(page: Page): Promise<() => Promise<string[]>> {
  const seen = await page.evaluateHandle(() => {
    const texts: string[] = []
    const read = () => {
      const rows = [...document.querySelectorAll('.message')]
      const row = rows.find((each) => each.querySelector('strong')?.textContent === 'bot')
      const text = row?.querySelector('p')?.textContent
      if (text && text !== texts.at(-1)) texts.push(text)
    }
    const changes = { childList: true, subtree: true, characterData: true }
    new MutationObserver(read).observe(document.body, changes)
    return texts
  })
  return () => seen.jsonValue()
}

/** Returns the first tokens of an answer, as text. */
function firstOf(tokens: readonly string[], count: number): string {
  return tokens.slice(0, count).join('')
}

/** Expects that an answer has grown by its next tokens alone, from whichever was seen first. */
function expectGrowth(seen: readonly string[], tokens: readonly string[]): void {
  const prefixes = tokens.map((_, at) => firstOf(tokens, at + 1))
  expect(seen).toEqual(prefixes.filter((prefix) => seen.includes(prefix)))
}

/** Waits until a page shows more of the answer than its first tokens. */
async function waitForMore(page: Page, tokens: readonly string[], count: number): Promise<void> {
  await expect
    .poll(async () => (await answerOn(page))?.length, { timeout: 20_000 })
    .toBeGreaterThan(firstOf(tokens, count).length)
}

/** Waits until the answer is a message on each page, and resolves with its text there. */
async function finalAnswers(...pages: Page[]): Promise<(string | null)[]> {
  for (const page of pages) {
    await page
      .locator('.message', { has: page.getByText('bot', { exact: true }) })
      .locator('time')
      .waitFor()
  }
  return Promise.all(pages.map(answerOn))
}

describe.skipIf(!hasChromium)('an answer of the bot in Chromium', () => {
  it('appears token by token on every page of an empty room', async () => {
    const chat = await startChat()
    const ada = await enter(newContext, chat.address, 'Ada')
    const bob = await enter(newContext, chat.address, 'Bob')
    await ada.getByText('Nothing here yet').waitFor()
    const records = await Promise.all([ada, bob].map(recordAnswer))
    await write(ada, '@bot hello')

    const tokens = replyTo('hello')
    const text = tokens.join('')
    expect(await finalAnswers(ada, bob)).toEqual([text, text])
    for (const record of records) {
      const seen = await record()
      expectGrowth(seen, tokens)
      // A busy page may show two tokens at once.
      expect(seen.length).toBeGreaterThan(tokens.length / 2)
    }
    expect([await chat.stop(), chat.errors()]).toEqual([0, ''])
  })

  it('is the same to the letter on a page that was reloaded meanwhile, and on one that came later', async () => {
    const { address } = await startChat()
    const ada = await enter(newContext, address, 'Ada')
    const bob = await enter(newContext, address, 'Bob')
    await write(ada, `@bot ${longPrompt}`)
    const tokens = replyTo(longPrompt)
    await waitForMore(ada, tokens, 10)
    await ada.reload()
    // While the answer is being written, it has a button.
    await stopButton(ada).waitFor()
    const record = await recordAnswer(ada)
    await waitForMore(ada, tokens, 10)

    const text = tokens.join('')
    expect(await finalAnswers(ada, bob)).toEqual([text, text])
    const seen = await record()
    expectGrowth(seen, tokens)
    expect(seen.length).toBeGreaterThan(10)
    const late = await enter(newContext, address, 'Late')
    expect(await finalAnswers(late)).toEqual([text])
  })

  it('is stopped for everyone by anyone, and says so from then on', async () => {
    const { address } = await startChat()
    const ada = await enter(newContext, address, 'Ada')
    const bob = await enter(newContext, address, 'Bob')
    await write(ada, `@bot ${longPrompt}`)
    const tokens = replyTo(longPrompt)
    await waitForMore(bob, tokens, 10)
    await stopButton(bob).click()
    const [text = ''] = await finalAnswers(ada, bob)
    expect(tokens.map((_, at) => firstOf(tokens, at + 1)).slice(10, -1)).toContain(text)
    const late = await enter(newContext, address, 'Late')
    expect(await finalAnswers(bob, late)).toEqual([text, text])
    for (const page of [ada, bob, late]) await page.getByText('The answer was stopped').waitFor()
  })

  it('says that it broke off when the server stops', async () => {
    const chat = await startChat()
    const ada = await enter(newContext, chat.address, 'Ada')
    await write(ada, `@bot ${longPrompt}`)
    await waitForMore(ada, replyTo(longPrompt), 10)
    expect([await chat.stop(), chat.errors()]).toEqual([
      0,
      'An answer broke off: TidingsError: The server is closing\n',
    ])
    await ada.getByText('The answer broke off. Ask again').waitFor()
  })
})
