import { join } from 'node:path'
import { serializeSeed } from '@tidings/core'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import express from 'express'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it, onTestFinished } from 'vitest'
import { bundlePage } from './frameworks/bundle-page.js'
import { contract } from './frameworks/contract.js'
import { HydratedRoom } from './frameworks/hydrated-room.js'

declare const seen: (string | null)[]
declare const hydrate: () => void

const newContext = sharedChromium()

it.skipIf(!hasChromium)(
  'a rendered query continues in the page: nothing flashes, is loaded twice, or is missed',
  async () => {
    const script = await bundlePage(join(import.meta.dirname, 'frameworks/hydrated-page.tsx'))
    let loads = 0
    const messages = [{ id: '0', author: 'ada', text: '</script><b>', sentAt: new Date(5) }]
    const tidings = createServer(contract, {
      room: {
        snapshot: () => {
          loads += 1
          return { messages: [...messages] }
        },
      },
      send: ({ fail }) => {
        throw fail('muted', { until: new Date(0) })
      },
      complete: async function* () {
        yield { type: 'token', data: 'a' }
        return { tokens: 1 }
      },
    })
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const say = async (text: string) => {
      const message = { id: String(messages.length), author: 'ada', text, sentAt: new Date(6) }
      messages.push(message)
      await tidings.emit.room({ roomId: 'lobby' }).message(message)
    }
    const app = express()
    app.get('/', async (_request, response) => {
      const seed = await tidings.snapshot.room({ roomId: 'lobby' })
      response.send(`<!doctype html><link rel="icon" href="data:,">
      <main>${renderToString(createElement(HydratedRoom, { seed }))}</main>
      <script id="seed" type="application/json">${serializeSeed(contract.room, seed)}</script>
      <script type="module" src="/page.js"></script>`)
    })
    app.get('/page.js', (_request, response) => {
      response.type('js').send(script)
    })
    app.use('/events', expressHandler(tidings))
    const { origin } = await listen(app)
    const tab = await (await newContext()).newPage()
    const failures: string[] = []
    tab.on('pageerror', (error) => failures.push(error.message))
    tab.on('console', (message) => message.type() === 'error' && failures.push(message.text()))
    await tab.goto(origin)
    await tab.waitForFunction(() => 'hydrate' in globalThis)
    expect(tidings.stats().subscriptions).toBe(0)
    await say(' between')
    await tab.evaluate(() => hydrate())
    await expect.poll(() => tab.locator('li').count()).toBe(2)
    await say(' after')
    await expect.poll(() => tab.locator('li').count()).toBe(3)
    const texts = await tab.evaluate(() => seen)
    const first = 'ada: </script><b>'
    expect(texts.filter((text, n) => text !== texts[n - 1])).toEqual([
      first,
      `${first}ada:  between`,
      `${first}ada:  betweenada:  after`,
    ])
    await until(() => tidings.stats().subscriptions === 1, 'one subscription was left')
    expect([loads, failures]).toEqual([1, []])
  },
)
