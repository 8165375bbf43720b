import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startInspected } from './inspected-server.js'

const newContext = sharedChromium()

/** Opens a procedure in a new tab, which fails the test if the page's policy is violated. */
async function open(address: string, procedure: string, options?: Parameters<typeof newContext>[0]) {
  const context = await newContext(options)
  const requests: string[] = []
  context.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`))
  context.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) throw new Error(message.text())
  })
  const page = await openTab(context, `${address}#/${procedure}`)
  return { context, page, requests }
}

const field = (page: Page, name: string) => page.getByRole('textbox', { name: new RegExp(`^${name}\\b`) })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

describe.skipIf(!hasChromium)('the inspector in Chromium', () => {
  it('sends a command with mistakes, which it shows at their fields, and then without', async () => {
    const { address } = await startInspected()
    const { page, requests } = await open(address, 'chat/send')
    await button(page, 'Send').click()
    await expect.poll(() => page.getByText('Must not be empty').count()).toBe(3)
    expect(await field(page, 'roomId').getAttribute('aria-invalid')).toBe('true')
    await expect
      .poll(() => field(page, 'roomId').evaluate((input) => input === document.activeElement))
      .toBe(true)
    expect(requests).not.toContain('POST /events/chat/send')

    await field(page, 'roomId').fill('lobby')
    await expect.poll(() => page.getByText('Must not be empty').count()).toBe(2)
    await field(page, 'author').fill('Ada')
    await field(page, 'text').fill('spam')
    await field(page, 'text').press('Control+Enter')
    const result = page.getByRole('region', { name: 'Result' })
    await result.getByText('422').waitFor()
    expect(await result.innerText()).toMatch(
      /muted.*declared by the contract.*until.*2027-01-01T00:00:00.000Z/s,
    )

    await button(page, 'JSON').click()
    const json = page.getByRole('textbox', { name: 'Input as JSON' })
    expect(JSON.parse(await json.inputValue())).toEqual({ roomId: 'lobby', author: 'Ada', text: 'spam' })
    await json.fill('{ "roomId": "lobby", "author": "Ada", "text": ')
    await page.getByText('This is not JSON').waitFor()
    expect(await button(page, 'Form').isDisabled()).toBe(true)
    await json.fill('{ "roomId": "lobby", "author": "Ada", "text": "Hello", "more": [1] }')
    await button(page, 'Form').click()
    expect(await field(page, 'text').inputValue()).toBe('Hello')
    await button(page, 'Send').click()
    await result.getByText('200 done').waitFor()
    expect(await result.innerText()).toMatch(/id.*sentAt/s)

    await page.getByRole('button', { name: /muted/ }).click()
    await expect.poll(() => field(page, 'text').inputValue()).toBe('spam')
  })

  it('starts a run and attaches to it from another tab, where it is cancelled', async () => {
    const { address } = await startInspected()
    const { context, page } = await open(address, 'complete')
    await field(page, 'prompt').fill('to be')
    await button(page, 'Start').click()
    const finished = page.getByRole('region', { name: /^Run / })
    await finished.getByText('done', { exact: true }).waitFor()
    expect(await finished.innerText()).toMatch(/2 events.*token.*"to".*token.*"be".*tokens.*2/s)

    await page.getByRole('combobox', { name: /^slowly/ }).selectOption('true')
    await button(page, 'Start').click()
    await finished.getByText('running').waitFor()
    const id = (await finished.first().locator('.run-id').innerText()).trim()
    const other = await openTab(context, `${address}#/complete`)
    await other.getByLabel('Attach to a run by its id').fill(id)
    await button(other, 'Attach').click()
    const attached = other.getByRole('region', { name: `Run ${id}` })
    await attached.getByText('"be"').waitFor()
    await button(other, 'Cancel').click()
    await attached.getByText('cancelled').waitFor()
    await finished.first().getByText('cancelled').waitFor()
  })

  it('makes a form of every shape of schema, and sends its value with the headers of the page', async () => {
    const { address } = await startInspected()
    const { page } = await open(address, 'orders/place')
    await button(page, 'Authorization').click()
    await page.getByPlaceholder('Bearer …').fill('Bearer ada')
    await button(page, 'Apply').click()

    await field(page, 'customer').fill('ada@example.org')
    await field(page, 'quantity').fill('x1')
    await field(page, 'quantity').blur()
    await page.getByText('Expected a number').waitFor()
    await field(page, 'quantity').fill('99')
    await page.getByRole('combobox', { name: /^size/ }).selectOption('medium')
    await page.getByLabel(/^deliverOn/).fill('2026-12-24')
    await field(page, 'street').fill('Main St 1')
    await field(page, 'city').fill('Bath')
    await button(page, 'Add notes').click()
    await button(page, 'Add an item').click()
    await field(page, '0').fill('ring twice')
    await button(page, 'Add labels').click()
    await button(page, 'Add a key').click()
    await page.getByLabel('Key 1 of labels').fill('weight')
    await field(page, 'weight').fill('1.50')
    await page.getByRole('combobox', { name: 'Kind of payment' }).selectOption('invoice')
    await field(page, 'reference').fill('R1')
    await page.getByRole('checkbox', { name: 'null' }).uncheck()
    await field(page, 'discount').fill('0.1')
    await field(page, 'extra').fill('{"a":[1]}')

    await button(page, 'Send').click()
    await page.getByText('Only 50 are left').first().waitFor()
    expect(await field(page, 'quantity').getAttribute('aria-invalid')).toBe('true')
    await field(page, 'quantity').fill('3')
    await button(page, 'Send').click()
    const result = page.getByRole('region', { name: 'Output' })
    await result.getByText('A-3').waitFor()
    const shown = await result.innerText()
    expect(shown).toContain('Bearer ada')
    const order = {
      customer: 'ada@example.org',
      quantity: 3,
      size: 'medium',
      deliverOn: '2026-12-24',
      address: { street: 'Main St 1', city: 'Bath' },
      notes: ['ring twice'],
      labels: { weight: 1.5 },
      payment: { kind: 'invoice', reference: 'R1' },
      discount: 0.1,
      extra: { a: [1] },
    }
    expect(shown).toContain(JSON.stringify(JSON.stringify(order)))
  })

  it('is used by keyboard, and at 400 pixels', async () => {
    const { address, origin } = await startInspected()
    const { page } = await open(address, '')
    await page.getByRole('heading', { name: 'Server' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('send')
    await expect
      .poll(() => page.getByRole('navigation').getByRole('link').allInnerTexts())
      .toEqual([expect.stringContaining('send')])
    await page.keyboard.press('Escape')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /^prices/ }).waitFor()
    expect(page.url()).toBe(`${origin}/events/$inspect#/prices`)

    await page.setViewportSize({ width: 400, height: 800 })
    expect(await page.getByRole('navigation').isVisible()).toBe(false)
    await button(page, 'Procedures').click()
    await page.getByRole('link', { name: /place/ }).click()
    await page.getByRole('heading', { name: /place/ }).waitFor()
    expect(await page.getByRole('navigation').isVisible()).toBe(false)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBe(400)

    await page.emulateMedia({ colorScheme: 'dark' })
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    const dark = await background()
    await page.getByRole('button', { name: /^Theme: System/ }).click()
    await expect.poll(background).not.toBe(dark)
  })
})
