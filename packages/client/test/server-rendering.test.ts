import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { createServer, type HistoryOptions } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bundlePage } from './frameworks/bundle-page.js'
import { contract } from './server-rendering/contract.js'
import { pages } from './server-rendering/pages.js'

declare const removed: string[]

const folder = join(import.meta.dirname, 'server-rendering')
const newContext = sharedChromium()

/** A server that renders its lobby, whose page is hydrated when the test says so. */
async function start(history: HistoryOptions = {}) {
  const script = await bundlePage(join(folder, 'page.tsx'))
  const messages: { id: string; text: string; sentAt: Date }[] = []
  const say = async (text: string) => {
    const message = { id: String(messages.length), text, sentAt: new Date(messages.length * 60_000) }
    messages.push(message)
    await tidings.emit.room({ roomId: 'lobby' }).message(message)
  }
  let loads = 0
  const gaps: string[] = []
  const tidings = createServer(
    contract,
    { history, hooks: { gap: ({ reason }) => gaps.push(reason) } },
    {
      room: {
        snapshot: () => {
          loads += 1
          return { messages: [...messages] }
        },
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  let hydrate: () => void = () => {}
  const hydrated = new Promise<void>((resolve) => {
    hydrate = resolve
  })
  const app = express()
  app.get('/page.js', async (_request, response) => {
    await hydrated
    response.type('js').send(script)
  })
  app.use(pages(tidings))
  app.use('/events', expressHandler(tidings))
  const { origin } = await listen(app)

  const context = await newContext()
  const tab = await context.newPage()
  const failures: string[] = []
  tab.on('pageerror', (error) => failures.push(error.message))
  tab.on('console', (line) => /error|warning/.test(line.type()) && failures.push(line.text()))
  // What the page takes away after it has shown it.
  await tab.addInitScript(() => {
    const removed: string[] = []
    Object.assign(globalThis, { removed })
    new MutationObserver((records) => {
      for (const { removedNodes, type } of records) {
        for (const node of removedNodes) removed.push(node.textContent ?? '')
        if (type === 'characterData') removed.push('text')
      }
    }).observe(document, { childList: true, subtree: true, characterData: true })
  })
  /** Opens the page, which stays as the server has rendered it until it is hydrated. */
  const open = () => tab.goto(`${origin}/rooms/lobby`, { waitUntil: 'commit' })
  const subscribed = () => until(() => tidings.stats().subscriptions === 1, 'the page was subscribed')
  const texts = () => tab.locator('li').allTextContents()
  const shown = () => messages.map(({ text, sentAt }) => `${sentAt.toISOString().slice(11, 16)} ${text}`)
  const shows = () => expect.poll(texts).toEqual(shown())
  /** What has gone wrong, and how often the snapshot was loaded. */
  const outcome = async () => ({ failures, gaps, flashes: await tab.evaluate(() => removed), loads })
  return { say, open, hydrate, subscribed, shows, outcome }
}

describe.skipIf(!hasChromium)('a page that renderToPipeableStream has rendered', () => {
  it.each([
    { before: 0, between: 1 },
    { before: 0, between: 100 },
    { before: 3, between: 0 },
    { before: 3, between: 250 },
  ])(
    'shows $between events of between render and hydration once, after $before',
    async ({ before, between }) => {
      const { say, open, hydrate, subscribed, shows, outcome } = await start()
      for (let n = 0; n < before; n += 1) await say(`before <b>&amp; ${n}</script>`)
      await open()
      await shows()
      for (let n = 0; n < between; n += 1) await say(`between ${n}`)
      hydrate()
      await subscribed()
      await shows()
      await say('after')
      await shows()
      expect(await outcome()).toEqual({ failures: [], gaps: [], flashes: [], loads: 1 })
    },
  )

  it('misses nothing while events are emitted the whole time', async () => {
    const { say, open, hydrate, subscribed, shows, outcome } = await start()
    let isOver = false
    const talking = (async () => {
      for (let n = 0; n < 250 && !isOver; n += 1) {
        await say(`message ${n}`)
        await new Promise((resolve) => setTimeout(resolve, 4))
      }
    })()
    await open()
    hydrate()
    await subscribed()
    isOver = true
    await talking
    await shows()
    expect(await outcome()).toEqual({ failures: [], gaps: [], flashes: [], loads: 1 })
  })

  it('continues from a fresh snapshot if the history no longer reaches the one that was rendered', async () => {
    const { say, open, hydrate, subscribed, shows, outcome } = await start({ size: 4 })
    await say('before')
    await open()
    await shows()
    for (let n = 0; n < 20; n += 1) await say(`between ${n}`)
    hydrate()
    await subscribed()
    await shows()
    await say('after')
    await shows()
    expect(await outcome()).toMatchObject({ failures: [], gaps: ['expired'], loads: 2 })
  })
})

describe('docs/server-rendering.md', async () => {
  const root = join(import.meta.dirname, '../../..')
  const guide = await readFile(join(root, 'docs/server-rendering.md'), 'utf8')
  const blocks = [...guide.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  const files = (await readdir(folder)).map((name) => join(folder, name))
  const ofNext = ['app/[roomId]/page.tsx', 'app/[roomId]/use-room.ts', 'lib/client.ts']
  files.push(...ofNext.map((name) => join(root, 'examples/next', name)))

  it.each(files.map((file) => [relative(root, file), file]))(
    'shows %s, which tests run',
    async (_name, file) => {
      expect(blocks).toContain(await readFile(file, 'utf8'))
    },
  )
})
