import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bundlePage } from './frameworks/bundle-page.js'
import { contract } from './frameworks/contract.js'
import type { Page } from './frameworks/page.js'

declare const page: Page

const folder = join(import.meta.dirname, 'frameworks')
const newContext = sharedChromium()

/** A server with the rooms of the guide, and a page with one of its components. */
async function start(entry: string) {
  const script = await bundlePage(join(folder, entry))
  const loads: string[] = []
  const runs: string[] = []
  const rooms = new Map<string, { id: string; author: string; text: string; sentAt: Date }[]>()
  const messagesOf = (roomId: string) => rooms.get(roomId) ?? []
  const say = async (roomId: string, text: string, author = 'ada') => {
    const message = { id: String(messagesOf(roomId).length), author, text, sentAt: new Date() }
    rooms.set(roomId, [...messagesOf(roomId), message])
    await tidings.emit.room({ roomId }).message(message)
    return message
  }
  const tidings = createServer(contract, {
    room: {
      snapshot: ({ params: { roomId } }) => {
        loads.push(roomId)
        return { messages: messagesOf(roomId) }
      },
    },
    send: ({ input: { roomId, author, text }, fail }) => {
      if (text === 'spam') throw fail('muted', { until: new Date(0) })
      return say(roomId, text, author)
    },
    complete: async function* ({ input: { prompt } }) {
      runs.push(prompt)
      yield { type: 'token', data: 'a' }
      return { tokens: 1 }
    },
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const app = express()
  app.get('/', (_request, response) =>
    response.send(
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    ),
  )
  app.get('/page.js', (_request, response) => response.type('js').send(script))
  app.use('/events', expressHandler(tidings))
  const { origin } = await listen(app)
  const context = await newContext()
  const tab = await context.newPage()
  const failures: string[] = []
  tab.on('pageerror', (error) => failures.push(error.message))
  tab.on('console', (message) => message.type() === 'error' && failures.push(message.text()))
  await tab.goto(origin)
  await tab.waitForFunction(() => 'page' in globalThis)
  const shows = (...texts: string[]) =>
    expect.poll(() => tab.locator('li').allTextContents()).toEqual(texts.map((text) => `ada: ${text}`))
  const topics = () => tidings.stats().subscriptions
  return { tidings, loads, runs, tab, say, shows, topics, failures }
}

describe.skipIf(!hasChromium)('a component of the guide', () => {
  it.each([
    ['Svelte', 'svelte-page.svelte.ts'],
    ['Vue', 'vue-page.ts'],
    ['React with TanStack Query', 'react-page.tsx'],
    ['React with TanStack Query, suspending and with a run,', 'suspense-page.tsx'],
  ])('in %s shows a topic, follows another one, and leaves nothing', async (_name, entry) => {
    const { loads, runs, tab, say, shows, topics, failures } = await start(entry)
    await say('lobby', 'before')
    await say('attic', 'elsewhere')
    await tab.evaluate(() => page.mount('lobby'))
    await shows('before')
    await say('lobby', 'now')
    await shows('before', 'now')
    expect(topics()).toBe(1)
    await tab.evaluate(() => page.show('attic'))
    await shows('elsewhere')
    await until(() => topics() === 1, 'the lobby was left')
    await say('lobby', 'unseen')
    await say('attic', 'seen')
    await shows('elsewhere', 'seen')
    await tab.evaluate(() => page.leave())
    await until(() => topics() === 0, 'nothing was left')
    expect(failures).toEqual([])
    // Once each, also under StrictMode.
    expect(loads).toEqual(['lobby', 'attic'])
    expect(runs).toEqual(entry === 'suspense-page.tsx' ? ['lobby', 'attic'] : [])
  })

  it('in React with TanStack Query sends, and shows the typed error', async () => {
    const { tab, shows } = await start('react-page.tsx')
    await tab.evaluate(() => page.mount('lobby'))
    await tab.fill('input', 'hello')
    await tab.keyboard.press('Enter')
    await shows('hello')
    await tab.fill('input', 'spam')
    await tab.keyboard.press('Enter')
    await tab.getByText('Muted until').waitFor()
  })
})

describe('docs/frameworks.md', async () => {
  const guide = await readFile(join(import.meta.dirname, '../../../docs/frameworks.md'), 'utf8')
  const blocks = [...guide.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  const shown = (await readdir(folder)).filter((name) => /^(room|use-)/.test(name))

  it.each(shown)('shows %s as in the folder "frameworks", which the tests run', async (name) => {
    expect(blocks).toContain(await readFile(join(folder, name), 'utf8'))
  })
})
