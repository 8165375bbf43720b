import { hasChromium, launchChromium } from '@tidings/test-kit/chromium'
import type { Browser, Page, Request } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startApp } from './app.js'

declare const counts: number[]
declare const stream: { text: string }

async function launch(): Promise<Browser> {
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  return browser
}

/** Opens a tab of its own. Errors of its page, as of hydration, fail the test. */
async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 640 } })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // The browser's own lines about refused requests are no errors of the page.
    if (message.type() === 'error' && !/^Failed to load resource.*422/.test(message.text()))
      errors.push(message.text())
  })
  onTestFinished(() => expect(errors).toEqual([]))
  return page
}

/** Opens the lobby in a tab of its own, and enters a name. */
async function enter(
  browser: Browser,
  address: string,
  name: string,
  onRequest: (request: Request) => void = () => {},
): Promise<Page> {
  const page = await newPage(browser)
  page.on('request', onRequest)
  await page.goto(address)
  await page.getByText('Live').waitFor()
  await page.getByLabel('Your name').fill(name)
  return page
}

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.keyboard.press('Enter')
}

const seen = (page: Page, text: string) => page.getByRole('log').getByText(text, { exact: true }).waitFor()

describe('the built app', () => {
  it('serves topics through its route, and stops while a client is subscribed', async () => {
    const { address, stop } = await startApp()
    const topic = await fetch(`${address}/events/room?roomId=lobby`, {
      headers: { 'accept-encoding': 'gzip' },
    })
    const reader = topic.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain('event: $open')
    const exited = stop()
    let rest = ''
    for (let chunk = await reader?.read(); !chunk?.done; chunk = await reader?.read()) rest += chunk?.value
    expect(rest).toContain('The server is closing')
    // Next exits as a signal would end it.
    expect(await exited).toBe(143)
  })
})

describe.skipIf(!hasChromium)('two users in Chromium', () => {
  it('chat with each other, and find the messages in the page that the server renders', async () => {
    const { address } = await startApp()
    const browser = await launch()
    const [ada, bob] = await Promise.all([enter(browser, address, 'Ada'), enter(browser, address, 'Bob')])

    await ada.getByLabel('Message', { exact: true }).pressSequentially('Hel')
    await bob.getByText('Ada is typing…').waitFor()
    await write(ada, 'Hello Bob')
    await seen(bob, 'Hello Bob')
    await bob.getByText('Ada is typing…').waitFor({ state: 'detached' })
    await write(bob, 'Hello Ada')
    await seen(ada, 'Hello Ada')
    await ada.getByLabel('Message', { exact: true }).pressSequentially('And')
    await bob.getByText('Ada is typing…').waitFor()

    const html = await (await fetch(`${address}/lobby`)).text()
    expect(html.indexOf('<p>Hello Bob</p>')).toBeGreaterThan(0)
    expect(html.indexOf('<p>Hello Ada</p>')).toBeGreaterThan(html.indexOf('<p>Hello Bob</p>'))

    await ada.reload()
    await ada.getByText('Live').waitFor()
    expect(await ada.getByLabel('Your name').inputValue()).toBe('Ada')
    await write(bob, 'Welcome back')
    await seen(ada, 'Welcome back')
    expect(await ada.locator('li p').allInnerTexts()).toEqual(['Hello Bob', 'Hello Ada', 'Welcome back'])
  })

  it('keep one connection while they change rooms, and see why a message or a room is refused', async () => {
    const { address } = await startApp()
    const browser = await launch()
    const requests: string[] = []
    const ada = await enter(browser, address, 'Ada', (request) => {
      requests.push(`${request.method()} ${new URL(request.url()).pathname}`)
    })
    await ada.getByRole('link', { name: 'Kitchen' }).click()
    await ada.waitForURL('**/kitchen')
    await write(ada, 'Anyone for tea?')
    await seen(ada, 'Anyone for tea?')
    await write(ada, 'buy spam')
    await ada.getByText(/^That looked like spam/).waitFor()
    expect(await ada.getByLabel('Message', { exact: true }).inputValue()).toBe('buy spam')
    expect(requests.filter((request) => request === 'GET /events')).toHaveLength(1)

    await ada.getByRole('link', { name: 'Staff' }).click()
    await ada.getByText(/^You cannot enter this room/).waitFor()
    await ada.getByRole('link', { name: 'Lobby' }).click()
    await ada.waitForURL('**/lobby')
    await ada.getByLabel('Message', { exact: true }).waitFor()
    expect(await ada.getByText('Anyone for tea?').count()).toBe(0)
  })
})

/** Records how many messages the page shows after each change of it, and what its event stream receives. */
function observe(): void {
  const counts: number[] = []
  const stream = { text: '' }
  Object.assign(globalThis, { counts, stream })
  const count = () => counts.push(document.querySelectorAll('main li').length)
  new MutationObserver(count).observe(document, { childList: true, subtree: true })
  const request = globalThis.fetch
  globalThis.fetch = async (...given) => {
    const response = await request(...given)
    if (response.headers.get('content-type') !== 'text/event-stream' || !response.body) return response
    const [own, page] = response.body.tee()
    void (async () => {
      for await (const text of own.pipeThrough(new TextDecoderStream())) stream.text += text
    })()
    return new Response(page, response)
  }
}

describe.skipIf(!hasChromium)('a page that the server has rendered', () => {
  it.each([0, 3])(
    'continues from its %i messages, without a flash, a snapshot, or missing one that was sent meanwhile',
    async (before) => {
      const { address } = await startApp()
      const texts: string[] = []
      const say = async (text: string) => {
        texts.push(text)
        const { status } = await fetch(`${address}/events/send`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ roomId: 'lobby', author: 'Bob', text }),
        })
        expect(status).toBe(200)
      }
      for (let n = 0; n < before; n += 1) await say(`before ${n} </script>`)
      const page = await newPage(await launch())
      const shows = () => expect.poll(() => page.locator('main li p').allTextContents()).toEqual(texts)
      await page.addInitScript(observe)
      let hydrate: () => void = () => {}
      const hydrated = new Promise<void>((resolve) => {
        hydrate = resolve
      })
      await page.route('**/_next/static/**/*.js*', async (route) => {
        await hydrated
        await route.continue()
      })
      await page.goto(`${address}/lobby`, { waitUntil: 'commit' })
      await page.getByRole('log').waitFor()
      await shows()
      for (let n = 0; n < 40; n += 1) await say(`between ${n}`)
      expect(await page.getByText('Live').count()).toBe(0)
      hydrate()
      await page.getByText('Live').waitFor()
      await shows()
      await say('after')
      await shows()
      const seen = await page.evaluate(() => counts)
      expect(seen).toEqual([...seen].sort((one, other) => one - other))
      const received = await page.evaluate(() => stream.text)
      expect(received.match(/^event: message$/gm)).toHaveLength(41)
      expect(received).not.toMatch(/^event: \$(snapshot|gap|error)/m)
    },
  )
})
