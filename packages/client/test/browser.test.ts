import { until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { expect, it } from 'vitest'
import { startServer } from './harness.js'
import { pageServer } from './page-server.js'

const newContext = sharedChromium()

it.skipIf(!hasChromium).each(['its own', 'the default'])(
  'a client works in Chromium as in Node, with %s EventSource',
  async (transport) => {
    const { tidings, origin, requests } = await startServer(
      {
        room: { snapshot: ({ params }) => ({ messages: [params.roomId] }) },
        send: async ({ input, emit, fail }) => {
          if (input.text === 'spam') throw fail('muted', { until: new Date(7) })
          const message = { text: input.text, sentAt: new Date(5) }
          await emit.room({ roomId: 'lobby' }).message(message)
          return message
        },
      },
      { before: await pageServer('page.ts') },
    )
    const page = await (await newContext()).newPage()
    await page.goto(origin)
    const got = await page.evaluate(
      (how) => (globalThis as unknown as { useClient(transport: string): Promise<unknown[]> }).useClient(how),
      transport,
    )
    expect(got).toEqual([{ messages: ['lobby'] }, 'hi', true, 1, 2, { total: 2 }, { status: 'open' }, 7])
    await until(() => tidings.stats().connections === 0, 'the server had noticed that the page left')
    expect(requests.filter(({ method, url }) => method === 'GET' && url === '/events')).toHaveLength(1)
  },
)
