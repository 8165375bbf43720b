import { until } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startWatched } from './live-server.js'

const newContext = sharedChromium()

/** Opens the page of a server at a procedure. Nothing that its policy forbids may happen. */
async function open(path: string, options?: BrowserContextOptions) {
  const server = await startWatched()
  const context = await newContext({ permissions: ['clipboard-read', 'clipboard-write'], ...options })
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
      throw new Error(`The page may not: ${violatedDirective}`)
    })
  })
  const page = await openTab(context, `${server.address}#/${path}`)
  return { ...server, page }
}

async function subscribe(page: Page, key: string) {
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click()
  const topic = page.getByRole('region', { name: `Topic ${key}`, exact: true })
  return { topic, rows: topic.getByRole('option') }
}

const connection = (page: Page) => page.getByRole('region', { name: 'Subscriptions' })

/** Returns the numbers in sight, of rows such as `12:00:00.000 item x.1 {"n":1,…}`. */
async function numbersOf(rows: ReturnType<Page['getByRole']>): Promise<number[]> {
  const texts = await rows.allTextContents()
  return texts.flatMap((text) => (/"n":(\d+)/.exec(text) ? [Number(/"n":(\d+)/.exec(text)?.[1])] : []))
}

describe.skipIf(!hasChromium)('watching a topic in the inspector', () => {
  it('shows its state and events with cursors, in full by the keyboard, and copies them', async () => {
    const { page, tidings } = await open('feed')
    const { topic, rows } = await subscribe(page, 'feed')
    await expect
      .poll(() => rows.allTextContents())
      .toEqual([expect.stringContaining('subscribed'), expect.stringContaining('{"items":[1,2]}')])
    const text = `<b>"it's"</b>\n\\ é 😀 ${'long '.repeat(300)}`
    await tidings.emit.feed().item({ n: 1, text })
    await expect.poll(() => rows.count()).toBe(3)
    expect(await rows.last().textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d{3}item.*\.1\{"n":1,"text":"<b>/)

    await topic.getByRole('listbox').focus()
    await page.keyboard.press('End')
    const detail = topic.getByRole('region', { name: /^item at/ })
    expect(await detail.textContent()).toContain(`n: 1text: ${JSON.stringify(text).slice(0, 1_000)}`)
    await detail.getByRole('button', { name: 'more characters' }).click()
    await expect.poll(() => detail.textContent()).toContain(JSON.stringify(text))
    expect(await detail.textContent()).toMatch(/cursor \S+\.1/)
    await detail.getByRole('button', { name: 'Copy JSON' }).click()
    await detail.getByRole('status').getByText('Copied').waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toBe(JSON.stringify({ n: 1, text }, null, 2))
    await topic.getByRole('listbox').focus()
    await page.keyboard.press('Home')
    await topic.getByRole('region', { name: /^subscribed at/ }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => topic.getByRole('region').count()).toBe(0)
  })

  it('filters by text and by event, pauses without losing anything, and clears', async () => {
    const { page, tidings } = await open('feed')
    const { topic, rows } = await subscribe(page, 'feed')
    await topic.getByText('live', { exact: true }).waitFor()
    for (let n = 1; n <= 3; n += 1) await tidings.emit.feed().item({ n, text: n === 2 ? 'Needle' : 'hay' })
    await tidings.emit.feed().typing({ author: 'Ada' })
    await expect.poll(() => rows.count()).toBe(6)

    await topic.getByRole('searchbox').fill('needle')
    await expect.poll(() => numbersOf(rows)).toEqual([2])
    await topic.getByRole('searchbox').fill('')
    await topic.getByRole('button', { name: 'typing' }).click()
    await expect.poll(() => rows.last().textContent()).toContain('{"author":"Ada"}')
    await expect.poll(() => numbersOf(rows)).toEqual([])
    await topic.getByRole('button', { name: 'typing' }).click()
    await expect.poll(() => numbersOf(rows)).toEqual([1, 2, 3])

    await topic.getByRole('button', { name: 'Pause' }).click()
    await tidings.emit.feed().item({ n: 4, text: 'hay' })
    await topic.getByRole('button', { name: 'Resume (1 new)' }).waitFor()
    expect(await numbersOf(rows)).toEqual([1, 2, 3])
    await topic.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(() => numbersOf(rows)).toEqual([1, 2, 3, 4])
    await topic.getByRole('button', { name: 'Clear' }).click()
    await expect.poll(() => rows.count()).toBe(0)
  })

  it('heals after the connection was cut, from its cursor and without loss', async () => {
    const { page, tidings } = await open('feed')
    const { topic, rows } = await subscribe(page, 'feed')
    await topic.getByText('live', { exact: true }).waitFor()
    await tidings.emit.feed().item({ n: 1, text: 'before' })
    await expect.poll(() => numbersOf(rows)).toEqual([1])
    await connection(page).getByLabel('For how long').selectOption('until restored')
    await connection(page).getByRole('button', { name: 'Cut the connection' }).click()
    await connection(page).getByText('reconnecting in').waitFor()
    await until(() => tidings.stats().connections === 0, 'the server noticed')
    for (let n = 2; n <= 4; n += 1) await tidings.emit.feed().item({ n, text: 'missed' })
    expect(await numbersOf(rows)).toEqual([1])
    await connection(page).getByRole('button', { name: 'Restore' }).click()
    await expect.poll(() => numbersOf(rows)).toEqual([1, 2, 3, 4])
    const texts = await rows.allTextContents()
    expect(texts.filter((text) => text.includes('lost'))[0]).toContain('The connection was cut here')
    expect(texts.find((text) => text.includes('resumed'))).toMatch(/after \S+\.1: nothing was lost/)
    await connection(page).getByText('reconnected 1×').waitFor()
    // The state was not loaded again.
    expect(texts.filter((text) => text.includes('snapshot'))).toHaveLength(1)
  })

  it('shows a gap with its reason and cursor where the history does not reach back', async () => {
    const { page, tidings } = await open('forgetful')
    const { topic, rows } = await subscribe(page, 'forgetful')
    await topic.getByText('live', { exact: true }).waitFor()
    await connection(page).getByLabel('For how long').selectOption('until restored')
    await connection(page).getByRole('button', { name: 'Cut the connection' }).click()
    await until(() => tidings.stats().connections === 0, 'the server noticed')
    await tidings.emit.forgetful().item(1)
    await connection(page).getByRole('button', { name: 'Restore' }).click()
    await expect
      .poll(async () => (await rows.allTextContents()).at(-1))
      .toMatch(/gap.*(expired|history_lost).*after \S+/)
    await tidings.emit.forgetful().item(2)
    await expect.poll(async () => (await rows.allTextContents()).at(-1)).toMatch(/item.*\.\d+2$/)
  })

  it('says why a topic was refused', async () => {
    const { page } = await open('secret')
    const { topic } = await subscribe(page, 'secret')
    const alert = topic.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(/^403 forbidden /)
    await topic.getByRole('button', { name: 'Unsubscribe from secret' }).click()
    await expect.poll(() => connection(page).count()).toBe(0)
  })

  it('stays responsive under thousands of events, keeps the newest, and stands still when one scrolls up', async () => {
    const { page, tidings } = await open('feed')
    const { topic, rows } = await subscribe(page, 'feed')
    await topic.getByText('live', { exact: true }).waitFor()
    const burst = async (from: number, to: number) => {
      for (let n = from; n <= to; n += 1) {
        void tidings.emit.feed().item({ n, text: 'burst' })
        // A turn of the event loop, as a program that emits has: otherwise the reader falls behind the history.
        if (n % 100 === 0) await until(() => tidings.stats().lagging === 0, 'the page has read')
      }
    }
    await burst(1, 5_000)
    await topic.getByText('5,000 events, the oldest 3,002 entries dropped').waitFor()
    await expect.poll(async () => (await numbersOf(rows)).at(-1)).toBe(5_000)
    expect(await rows.count()).toBeLessThan(40)

    await topic.getByRole('listbox').focus()
    await page.keyboard.press('End')
    for (let count = 0; count < 3; count += 1) await page.keyboard.press('PageUp')
    await topic.getByRole('button', { name: 'Newest' }).waitFor()
    const chosen = topic.locator('[aria-selected=true]')
    const before = await chosen.boundingBox()
    await burst(5_001, 5_500)
    await topic.getByText('5,500 events').waitFor()
    await expect.poll(() => chosen.boundingBox()).toEqual(before)
    await topic.getByRole('button', { name: 'Newest' }).click()
    await expect.poll(async () => (await numbersOf(rows)).at(-1)).toBe(5_500)
  })

  it('fits into 400 pixels', async () => {
    const { page, tidings } = await open('feed', { viewport: { width: 400, height: 800 } })
    const { topic, rows } = await subscribe(page, 'feed')
    await topic.getByText('live', { exact: true }).waitFor()
    await tidings.emit.feed().item({ n: 1, text: 'x'.repeat(2_000) })
    await rows.getByText('xxx').click()
    await topic.getByRole('region', { name: /^item at/ }).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(400)
  })
})

describe.skipIf(!hasChromium)('the stats of the server in the inspector', () => {
  it('move while they are shown, and list the topics and connections', async () => {
    const { page, tidings } = await open('feed')
    await subscribe(page, 'feed')
    await page.getByRole('link', { name: /inspector/ }).click()
    const server = page.getByRole('region', { name: 'Server', exact: true })
    const chart = (title: string) => server.getByRole('figure').filter({ hasText: title }).locator('strong')
    await expect.poll(() => chart('Connections').textContent()).toBe('1')
    const emitting = setInterval(() => tidings.emit.feed().item({ n: 1, text: 'x' }), 20)
    await expect
      .poll(async () => Number((await chart('Emits').textContent())?.replace('/s', '')))
      .toBeGreaterThan(5)
    clearInterval(emitting)
    await expect.poll(() => chart('Emits').textContent()).toBe('0/s')
    expect(await server.getByRole('row').allTextContents()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^feed1/),
        expect.stringMatching(/^anonymous 127\.0\.0\.1shared1/),
      ]),
    )
  })
})

describe.skipIf(!hasChromium)('copying from the inspector', () => {
  it('copies what the page shows as curl, from the newest cursor too, and as TypeScript', async () => {
    const { page, tidings, origin } = await open('feed')
    const { topic } = await subscribe(page, 'feed')
    await topic.getByText('live', { exact: true }).waitFor()
    await tidings.emit.feed().item({ n: 1, text: 'x' })
    await topic.getByText('1 event', { exact: true }).waitFor()
    const copied = async (name: string) => {
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('status').getByText('Copied').last().waitFor()
      return page.evaluate(() => navigator.clipboard.readText())
    }
    expect(await copied('Copy as curl')).toBe(`curl -N \\\n  '${origin}/events/feed'`)
    expect(await copied('curl, resumed')).toMatch(/-H 'Last-Event-ID: \S+\.1'$/)
    expect(await copied('Copy as TypeScript')).toContain('client.feed().subscribe({')
  })
})
