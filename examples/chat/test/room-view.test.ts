import { join } from 'node:path'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import type { Page } from 'playwright-core'
import { build, defaultClientConditions } from 'vite'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { write } from './browser.js'

type Kit = typeof import('./room-view/page.js').kit
declare const kit: Kit

const here = join(import.meta.dirname, 'room-view')

/** Bundles the room view with the mock in place of the page's client. */
async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    mode: 'development',
    define: { 'process.env.NODE_ENV': '"development"' },
    resolve: {
      alias: [{ find: /^\.\/client$/, replacement: join(here, 'mocked-client.ts') }],
      conditions: ['@tidings/source', ...defaultClientConditions],
    },
    build: {
      write: false,
      minify: false,
      lib: { entry: join(here, 'page.tsx'), formats: ['iife'], name: 'page' },
    },
  })
  const [output] = [result].flat()
  const chunk = output && 'output' in output ? output.output[0] : undefined
  return `${chunk?.code ?? ''}\nglobalThis.kit = page.kit`
}

const newContext = sharedChromium()

describe.skipIf(!hasChromium)('the view of a room, without a server', () => {
  let code: string
  beforeAll(async () => {
    code = await bundle()
  })

  async function openRoom(): Promise<Page> {
    const page = await (await newContext()).newPage()
    const errors: Error[] = []
    page.on('pageerror', (error) => errors.push(error))
    onTestFinished(async () => {
      // Throws for what the test did not expect.
      await page.evaluate(() => kit.mock.close())
      expect(errors).toEqual([])
    })
    await page.addScriptTag({ content: code })
    return page
  }

  it('shows messages, who is typing, and a gap', async () => {
    const page = await openRoom()
    await page.evaluate(async () => {
      const room = kit.mock.emit.room({ roomId: 'lobby' })
      const message = { id: '1', author: 'Bob', text: 'Hello Ada', sentAt: new Date() }
      await room.snapshot({ messages: [message], answers: [] })
      await room.message({ ...message, id: '2', text: 'Are you there?' })
      await room.typing({ author: 'Bob' })
    })
    await expect
      .poll(() => page.locator('.message p').allInnerTexts())
      .toEqual(['Hello Ada', 'Are you there?'])
    await page.getByText('Bob is typing…').waitFor()
    await page.evaluate(async () => {
      const room = kit.mock.emit.room({ roomId: 'lobby' })
      await room.gap('history_lost')
      await room.snapshot({ messages: [], answers: [] })
    })
    await page.getByText(/missing/i).waitFor()
  })

  it('sends what was written, once, and says until when its author is muted', async () => {
    const page = await openRoom()
    await page.evaluate(async () => {
      kit.mock.on.typing(() => {})
      kit.mock.on.send(({ author, text }, { fail }) => {
        if (text === 'Buy now') throw fail('muted', { until: new Date(2030, 0, 1, 12, 34, 56) })
        return { id: '1', author, text, sentAt: new Date() }
      })
      await kit.mock.emit.room({ roomId: 'lobby' }).snapshot({ messages: [], answers: [] })
    })
    await write(page, 'Hello')
    await expect.poll(() => page.getByLabel('Message', { exact: true }).inputValue()).toBe('')
    await write(page, 'Buy now')
    expect(await page.getByRole('alert').innerText()).toMatch(/That looked like spam.*12:34:56/)
    expect(await page.evaluate(() => kit.mock.calls.send)).toEqual([
      { roomId: 'lobby', author: 'Ada', text: 'Hello' },
      { roomId: 'lobby', author: 'Ada', text: 'Buy now' },
    ])
  })

  it('says why the room cannot be entered', async () => {
    const page = await openRoom()
    await page.evaluate(() =>
      kit.mock.emit.room({ roomId: 'lobby' }).error(new kit.TidingsError({ code: 'forbidden' })),
    )
    await page.getByText('It is by invitation only.').waitFor()
  })

  it('leaves the room when it is unmounted', async () => {
    const page = await openRoom()
    await page.evaluate(() => kit.mock.emit.room({ roomId: 'lobby' }).snapshot({ messages: [], answers: [] }))
    expect(await page.evaluate(() => kit.mock.topics)).toEqual(['room?roomId=lobby'])
    await page.evaluate(() => kit.unmount())
    await expect.poll(() => page.evaluate(() => kit.mock.topics)).toEqual([])
  })
})
