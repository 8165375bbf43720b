import { join } from 'node:path'
import { pause, until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { startServer } from './harness.js'

const newContext = sharedChromium()

interface Seen {
  readonly ticks: number[]
  readonly room: string[]
  readonly gaps: string[]
  readonly states: string[]
}

async function start() {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'share-page.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    conditions: ['@tidings/source'],
  })
  const messages: string[] = []
  const server = await startServer(
    { room: { snapshot: () => ({ messages: [...messages] }) }, ticks: { history: { size: 10_000 } } },
    {
      heartbeatMs: 2_000,
      before: (request, response) => {
        if (request.url === '/page.js') {
          response.writeHead(200, { 'content-type': 'text/javascript' }).end(outputFiles[0]?.text)
        }
        if (request.url !== '/') return
        response.writeHead(200, { 'content-type': 'text/html' })
        response.end('<!doctype html><title>Tab</title><script type="module" src="/page.js"></script>')
      },
    },
  )
  const context = await newContext()
  const tab = async () => {
    const page = await context.newPage()
    await page.goto(server.origin)
    await page.evaluate(() => (globalThis as unknown as { follow(): void }).follow())
    return page
  }
  const seenBy = (page: Page) => page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen)
  const emit = async (n: number) => {
    messages.push(String(n))
    await server.tidings.emit.ticks().tick(n)
    await server.tidings.emit.room({ roomId: 'lobby' }).typing(String(n))
  }
  /** Waits until tabs have seen something. */
  const all = async (pages: readonly Page[], holds: (seen: Seen) => boolean, what: string) => {
    const deadline = Date.now() + 20_000
    for (const page of pages) {
      for (let seen = await seenBy(page); !holds(seen); seen = await seenBy(page)) {
        if (Date.now() > deadline) throw new Error(`waited in vain until ${what}: ${JSON.stringify(seen)}`)
        await pause(20)
      }
    }
  }
  return { ...server, tab, seenBy, emit, all }
}

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1)

it.skipIf(!hasChromium)(
  'ten tabs share one connection, and another tab continues without a gap when the leader closes',
  async () => {
    const { tidings, requests, tab, seenBy, emit, all } = await start()
    const first = await tab()
    await all([first], ({ states }) => states.includes('open'), 'the first was connected')
    const pages = [first]
    for (let n = 1; n < 10; n += 1) pages.push(await tab())
    await all(pages, ({ states }) => states.includes('open'), 'all were connected')
    for (let n = 1; n <= 20; n += 1) await emit(n)
    await all(pages, ({ ticks, room }) => ticks.length === 20 && room.length === 20, 'all had everything')
    const streams = () => requests.filter(({ method, url }) => method === 'GET' && url === '/events').length
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 2 })
    expect(streams()).toBe(1)

    // The holder goes, in the middle of things; then the next.
    let emitted = 20
    const emitting = setInterval(() => {
      emitted += 1
      void emit(emitted)
    }, 5)
    onTestFinished(() => clearInterval(emitting))
    for (let closed = 1; closed <= 2; closed += 1) {
      await pages.shift()?.close()
      await until(() => streams() === 1 + closed && tidings.stats().connections === 1, 'another tab went on')
      await pause(200)
    }
    clearInterval(emitting)
    await all(
      pages,
      ({ ticks, room }) => ticks.length === emitted && room.length === emitted,
      'all had everything',
    )
    for (const page of pages) {
      const { ticks, room, gaps } = await seenBy(page)
      expect([ticks, room, gaps]).toEqual([upTo(emitted), upTo(emitted).map(String), []])
    }
    expect(tidings.stats().connections).toBe(1)
  },
)

it.skipIf(!hasChromium)(
  'a late tab begins with a snapshot, and the last tab to leave ends the connection',
  async () => {
    const { tidings, tab, seenBy, emit, all } = await start()
    const first = await tab()
    await all([first], ({ states }) => states.includes('open'), 'the first was connected')
    await emit(1)
    const second = await tab()
    await all([second], ({ room }) => room.length === 1, 'the second had its snapshot')
    await emit(2)
    await all(
      [first, second],
      ({ ticks, room }) => ticks.at(-1) === 2 && room.length === 2,
      'both had the event',
    )
    expect((await seenBy(second)).ticks).toEqual([2])
    expect(tidings.stats()).toMatchObject({ connections: 1, subscriptions: 2 })

    const other = await tab()
    await other.evaluate(() => {
      const { client } = globalThis as unknown as {
        client: { room(params: object): { on(event: string, handler: () => void): void } }
      }
      client.room({ roomId: 'other' }).on('typing', () => {})
    })
    await until(() => tidings.stats().subscriptions === 3, 'its topic is carried')
    // Without a word: it is the lock that tells.
    await other.close()
    await until(() => tidings.stats().subscriptions === 2, 'its topic was let go of')
    const close = (page: Page) =>
      page.evaluate(() => (globalThis as unknown as { client: { close(): void } }).client.close())
    await close(second)
    await emit(3)
    await all([first], ({ ticks }) => ticks.length === 3, 'the first goes on')
    await close(first)
    await until(() => tidings.stats().connections === 0, 'the connection was ended')
    expect((await seenBy(second)).states.at(-1)).toBe('closed')
  },
)
