import { failingNetwork, until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startServer } from './harness.js'
import { pageServer } from './page-server.js'
import type { WorkerNote, WorkerOrder, WorkerRequest } from './worker-client.js'
import type { WorkerKind, WorkerPage } from './worker-page.js'

const newContext = sharedChromium()

async function start(retryMs = 1) {
  const server = await startServer(
    {
      room: { snapshot: ({ params }) => ({ messages: [params.roomId] }) },
      send: async ({ input, emit, fail }) => {
        if (input.text === 'spam') throw fail('muted', { until: new Date(7) })
        const message = { text: input.text, sentAt: new Date(5) }
        await emit.room({ roomId: 'lobby' }).message(message)
        return message
      },
    },
    { before: await pageServer('worker-page.ts', {}, 'worker-client.ts'), retryMs },
  )
  const emit = (text: string) =>
    server.tidings.emit.room({ roomId: 'lobby' }).message({ text, sentAt: new Date(5) })
  return { ...server, emit }
}

/** Opens a page, and starts a client in a worker of it. */
async function openWorker(origin: string, kind: WorkerKind, transport: WorkerRequest['transport']) {
  const context = await newContext()
  const page = await context.newPage()
  await page.goto(origin)
  await page.evaluate(([one, how]) => (globalThis as unknown as WorkerPage).start(one, how), [
    kind,
    transport,
  ] as const)
  return { context, page }
}

const order = (page: Page, what: WorkerOrder) =>
  page.evaluate((one) => (globalThis as unknown as WorkerPage).order(one), what)

/** Waits for a note, and returns it and those before it. */
async function untilNoted(page: Page, ...wanted: WorkerNote): Promise<readonly WorkerNote[]> {
  let notes: readonly WorkerNote[] = []
  await until(
    async () => {
      notes = await page.evaluate(() => (globalThis as unknown as WorkerPage).notes)
      return notes.some((note) => JSON.stringify(note) === JSON.stringify(wanted))
    },
    () => `the worker had noted ${JSON.stringify(wanted)}. It noted ${JSON.stringify(notes)}`,
  )
  return notes
}

const only = (notes: readonly WorkerNote[], ...names: string[]) =>
  notes.filter(([what]) => names.includes(what))

const kinds: readonly WorkerKind[] = ['dedicated worker', 'shared worker', 'service worker']

describe.skipIf(!hasChromium).each(kinds)('a client in a %s in Chromium', (kind) => {
  it.each(['its own', 'the default'] as const)(
    'with %s EventSource, receives events, calls, and resumes after a cut',
    async (transport) => {
      const { origin, cut, emit, tidings } = await start()
      const { page } = await openWorker(origin, kind, transport)
      const calls = await untilNoted(page, 'globals', ['undefined', 'undefined'])
      expect(only(calls, 'sent', 'refused', 'number', 'output')).toEqual([
        ['sent', 'hi'],
        ['refused', 7],
        ['number', 1],
        ['number', 2],
        ['output', { total: 2 }],
      ])
      cut()
      await emit('while away')
      const notes = await untilNoted(page, 'message', ['while away', 5])
      expect(only(notes, 'connection')).toContainEqual(['connection', 'waiting'])
      expect(only(notes, 'snapshot', 'message', 'gap', 'error')).toEqual([
        ['snapshot', ['lobby']],
        ['message', ['hi', 5]],
        ['message', ['while away', 5]],
      ])
      await order(page, 'close')
      await until(() => tidings.stats().connections === 0, 'the server had noticed that the client closed')
    },
  )

  it('does not wait for its next attempt when its page asks it to reconnect', async () => {
    const { port, emit } = await start(120_000)
    const network = await failingNetwork(port)
    const { page } = await openWorker(network.origin, kind, 'the default')
    await untilNoted(page, 'output', { total: 2 })
    network.become('down')
    await untilNoted(page, 'connection', 'waiting')
    await emit('while offline')
    network.become('up')
    await order(page, 'reconnect')
    const notes = await untilNoted(page, 'message', ['while offline', 5])
    expect(only(notes, 'snapshot', 'message', 'gap', 'error')).toEqual([
      ['snapshot', ['lobby']],
      ['message', ['hi', 5]],
      ['message', ['while offline', 5]],
    ])
  })
})

it.skipIf(!hasChromium)('a service worker that Chromium stops has no connection', async () => {
  const { origin, tidings } = await start()
  const { context, page } = await openWorker(origin, 'service worker', 'the default')
  await untilNoted(page, 'output', { total: 2 })
  expect(tidings.stats().connections).toBe(1)
  const session = await context.newCDPSession(page)
  await session.send('ServiceWorker.enable')
  await session.send('ServiceWorker.stopAllWorkers')
  await until(() => tidings.stats().connections === 0, 'the server had noticed that the worker was stopped')
})
