import { join } from 'node:path'
import { listen } from '@tidings/test-kit'
import { hasChromium, openTab, sharedChromium } from '@tidings/test-kit/chromium'
import type { BrowserContext } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createJobs } from '../src/server/jobs.js'
import { startJobs } from './app.js'
import { jobsOf } from './browser.js'
import { createGate } from './gate.js'

const newContext = sharedChromium()
const narrow = { viewport: { width: 400, height: 780 }, isMobile: true, hasTouch: true }

/** Starts the job runner with the built page, in this process: a test holds its work. */
async function startHeld() {
  const gate = createGate()
  const { app, tidings } = createJobs({
    webFolder: join(import.meta.dirname, '../dist/web'),
    workers: 2,
    maxWaiting: 20,
    pause: gate.pause,
  })
  const { origin } = await listen(app)
  onTestFinished(() => tidings.close())
  return { address: origin, gate }
}

/** Opens tabs, and collects the errors in their consoles. */
function tabs() {
  const errors: string[] = []
  const open = async (context: BrowserContext, address: string) => {
    context.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    return openTab(context, address)
  }
  return { open, errors }
}

it('prints its address, and lets a running job end on SIGTERM', async () => {
  const { address, log, errors, stop } = await startJobs({ PACE: '0.05' })
  expect(log()).toMatch(/^The job runner is running at http:\/\/localhost:\d+\n$/)
  const job = await fetch(`${address}/events/work`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind: 'images' }),
  })
  const [text, code] = await Promise.all([job.text(), stop()])
  expect(text).toMatch(/event: progress\n[\s\S]*event: \$output\ndata: \{"items":40,/)
  expect([code, errors()]).toEqual([0, ''])
})

it('does not start with settings that do not fit', async () => {
  await expect(startJobs({ WORKERS: '0' })).rejects.toThrow('WORKERS is 0. Set it to the number of jobs')
  await expect(startJobs({ PACE: 'fast' })).rejects.toThrow('PACE is fast')
})

describe.skipIf(!hasChromium)('the page in Chromium', () => {
  it('shows the same jobs in every tab and after a reload, until they are done, cancelled or failed', async () => {
    const { address, gate } = await startHeld()
    const { open, errors } = tabs()
    const context = await newContext()
    const page = await open(context, address)
    await page.getByText('No job yet').waitFor()
    for (const title of ['Resize 40 images', 'Send 50 invoices', 'Import 10,000 rows']) {
      await page.getByRole('button', { name: title }).press('Enter')
      await page.getByRole('progressbar', { name: title }).waitFor()
    }
    gate.allow(10)
    const waiting = { title: 'Import 10,000 rows', state: 'Waiting', share: 0, detail: 'Next in line' }
    const first = [
      waiting,
      { title: 'Send 50 invoices', state: 'Running', share: 20, detail: '10 of 50 · invoice-11.pdf' },
      { title: 'Resize 40 images', state: 'Running', share: 25, detail: '10 of 40 · photo-11.jpg' },
    ]
    await expect.poll(() => jobsOf(page)).toEqual(first)

    await page.reload()
    const phone = await open(await newContext(narrow), address)
    const all = [page, await open(context, address), phone]
    for (const each of all) await expect.poll(() => jobsOf(each)).toEqual(first)
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBe(400)
    gate.allow(20)
    const second = [
      waiting,
      { title: 'Send 50 invoices', state: 'Running', share: 40, detail: '20 of 50 · invoice-21.pdf' },
      { title: 'Resize 40 images', state: 'Running', share: 50, detail: '20 of 40 · photo-21.jpg' },
    ]
    for (const each of all) await expect.poll(() => jobsOf(each)).toEqual(second)

    const images = phone.getByRole('listitem', { name: 'Resize 40 images' })
    await images.getByRole('button', { name: 'Cancel' }).press('Enter')
    const third = [
      { title: 'Import 10,000 rows', state: 'Running', share: 25, detail: '2,500 of 10,000 · row 2,625' },
      { title: 'Send 50 invoices', state: 'Running', share: 40, detail: '20 of 50 · invoice-21.pdf' },
      { title: 'Resize 40 images', state: 'Cancelled', share: 50, detail: 'Cancelled in one of the pages' },
    ]
    for (const each of all) await expect.poll(() => jobsOf(each)).toEqual(third)

    gate.allow(Number.POSITIVE_INFINITY)
    const rows = { title: 'Import 10,000 rows', state: 'Done', share: 100 }
    const invoices = { title: 'Send 50 invoices', state: 'Failed', share: 60 }
    const detail = 'invoice-31.pdf could not be handled'
    const ended = [
      { ...rows, detail: expect.stringMatching(/^10,000 items in \d/) },
      { ...invoices, detail },
    ]
    for (const each of [...all, await open(context, address)]) {
      await expect.poll(() => jobsOf(each)).toEqual([...ended, third[2]])
      await each.getByText('0 running · 0 waiting · 3 ended').waitFor()
      expect(await each.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
    }
    const announced = await page.getByRole('status', { name: 'Last change' }).textContent()
    expect(['Import 10,000 rows: Done', 'Send 50 invoices: Failed']).toContain(announced)
    expect(errors).toEqual([])
  })
})
