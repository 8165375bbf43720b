import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'
import { hasChromium, launchChromium } from './chromium.js'
import { startServer, until } from './harness.js'

/** Bundles the page's script for browsers, which fails if anything in it needs Node. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    conditions: ['@tidings/source'],
  })
  return outputFiles[0]?.text ?? ''
}

it.skipIf(!hasChromium).each(['its own', 'the default'])(
  'in Chromium, with %s EventSource, a client does all it does in Node',
  async (transport) => {
    const script = await bundle()
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
      {
        before: (request, response) => {
          if (request.url === '/page.js')
            response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
          if (request.url !== '/') return
          response.writeHead(200, { 'content-type': 'text/html' })
          response.end('<!doctype html><title>Client</title><script type="module" src="/page.js"></script>')
        },
      },
    )
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    await page.goto(origin)
    const got = await page.evaluate(
      (how) => (globalThis as unknown as { useClient(transport: string): Promise<unknown[]> }).useClient(how),
      transport,
    )
    expect(got).toEqual([{ messages: ['lobby'] }, 'hi', true, 1, 2, { total: 2 }, { status: 'idle' }, 7])
    await until(() => tidings.stats().connections === 0, 'the server had noticed that the page left')
    expect(requests.filter(({ url }) => url.startsWith('/events/room'))).toHaveLength(1)
  },
)
