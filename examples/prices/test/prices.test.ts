import { failingNetwork } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startPrices } from './app.js'

const newContext = sharedChromium()

interface Totals {
  readonly received: number
  readonly skipped: number
  readonly renders: number
  readonly frames: number
}

/** What the page has counted since it was opened. */
async function totalsOf(page: Page): Promise<Totals> {
  const { received, skipped, renders, frames } = await page
    .getByLabel('Each second')
    .evaluate((list) => ({ ...(list as HTMLElement).dataset }))
  return {
    received: Number(received),
    skipped: Number(skipped),
    renders: Number(renders),
    frames: Number(frames),
  }
}

async function countOf(page: Page, name: keyof Totals): Promise<number> {
  return (await totalsOf(page))[name]
}

/** The number of pixels that the chart has painted. */
function paintedBy(page: Page): Promise<number> {
  return page.locator('.chart canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data = new Uint8ClampedArray() } =
      canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {}
    return data.filter((value, n) => n % 4 === 3 && value > 0).length
  })
}

const selectedName = (page: Page) => page.getByRole('heading', { level: 2 }).textContent()
const priceOf = (page: Page, symbol: string) => page.locator(`#${symbol} .price`).textContent()

/** The first symbol's quote, as plain Server-Sent Events and not through the client. */
async function quoteOnServer(address: string): Promise<number> {
  const left = new AbortController()
  const { body } = await fetch(`${address}/events/quote?symbol=AMAI`, { signal: left.signal })
  let text = ''
  for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece
    const change = /"change":(\d+)/.exec(text)?.[1]
    if (change === undefined) continue
    left.abort()
    return Number(change)
  }
  throw new Error('The server sent no quote')
}

/** Waits until the page shows a quote that is as new as the server's is now. */
async function becomesCurrent(page: Page, address: string): Promise<void> {
  const onServer = await quoteOnServer(address)
  const onPage = async () => Number(await page.locator('#AMAI').getAttribute('data-change'))
  await expect.poll(onPage).toBeGreaterThanOrEqual(onServer)
}

describe('the built price board', () => {
  it('prints its address and its pace, stops on SIGTERM, and refuses settings that do not fit', async () => {
    const { log, errors, stop } = await startPrices()
    await expect
      .poll(log)
      .toMatch(
        /^The price board is running at http:\/\/localhost:\d+\n200 simulated prices change 4000 times/,
      )
    expect([await stop(), errors()]).toEqual([0, ''])
    await expect(startPrices({ CHANGES: 'many' })).rejects.toThrow('CHANGES is many')
  })

  it.skipIf(!hasChromium)(
    'shows moving prices and a chart, stays usable, and is current again after a cut or over a slow link',
    async () => {
      const { address, errors, stop } = await startPrices({ SLOW_BYTES: '80000' })
      const network = await failingNetwork(Number(new URL(address).port))
      const context = await newContext()
      const page = await openTab(context, network.origin)
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })

      // Prices move, by the thousand, and the page renders at most once a frame.
      const board = page.getByRole('listbox', { name: 'Prices' })
      await expect.poll(() => board.getByRole('option').count()).toBe(200)
      await expect.poll(() => countOf(page, 'received')).toBeGreaterThan(1_000)
      const totals = await totalsOf(page)
      expect(totals.renders).toBeGreaterThan(0)
      expect(totals.renders).toBeLessThanOrEqual(totals.frames)
      expect(totals.renders).toBeLessThan(totals.received / 10)
      const shown = await priceOf(page, 'AMAI')
      await expect.poll(() => priceOf(page, 'AMAI')).not.toBe(shown)

      // The chart draws, and another symbol is selected by keyboard.
      const points = () => page.locator('.chart').getAttribute('data-points')
      await expect.poll(points).toBe('300')
      expect(await paintedBy(page)).toBeGreaterThan(2_000)
      expect(await selectedName(page)).toBe('Amber Air AMAI')
      await board.focus()
      await page.keyboard.press('ArrowRight')
      await expect.poll(() => selectedName(page)).toBe('Birch Air BIAI')
      await page.keyboard.press('End')
      await expect.poll(() => selectedName(page)).toBe('Juniper Timber JUTI')
      await expect.poll(points).toBe('300')
      expect(await paintedBy(page)).toBeGreaterThan(2_000)
      expect(await board.getByRole('option', { selected: true }).count()).toBe(1)
      await page.keyboard.press('Home')
      expect(complaints).toEqual([])

      // A cut connection: the page keeps what it had, and is current again.
      const connection = page.getByRole('status', { name: 'Connection' })
      await context.setOffline(true)
      network.become('down')
      await expect.poll(() => connection.textContent()).not.toBe('Live')
      network.become('up')
      await context.setOffline(false)
      await expect.poll(() => connection.textContent()).toBe('Live')
      await becomesCurrent(page, address)

      // A slow link: most changes are skipped, and what arrives is the newest.
      await page.getByRole('button', { name: 'Slow link' }).click()
      await expect.poll(() => connection.textContent()).toBe('Live')
      // The page publishes its counts once a second: the next ones contain nothing of the fast link.
      const { frames } = await totalsOf(page)
      await expect.poll(() => countOf(page, 'frames')).toBeGreaterThan(frames)
      const slow = await totalsOf(page)
      await expect.poll(() => countOf(page, 'received')).toBeGreaterThan(slow.received + 100)
      const later = await totalsOf(page)
      expect(later.skipped - slow.skipped).toBeGreaterThan(later.received - slow.received)
      await becomesCurrent(page, address)
      // Chromium itself reports the requests that the cut has failed.
      expect(complaints.filter((text) => !text.includes('net::ERR_'))).toEqual([])
      expect([await stop(), errors()]).toEqual([0, ''])
    },
  )
})
