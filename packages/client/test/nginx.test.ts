import { pause, until } from '@tidings/test-kit'
import { hasChromium, sharedChromium } from '@tidings/test-kit/chromium'
import { hasNginx } from '@tidings/test-kit/proxies'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../src/index.js'
import { contract } from './contract.js'
import { startServer } from './harness.js'
import { startNginx } from './nginx.js'
import { pageServer } from './page-server.js'
import { goStepByStep, type Steps } from './step-by-step.js'

const newContext = sharedChromium()

/** Events that are emitted one at a time, before the pause. */
const ticks = 50

/** Longer than this nginx lets an answer be silent. */
const pauseMs = 7_000

interface Way {
  readonly what: string
  readonly isAbleTo: boolean
  /** Which of the clients there are. */
  readonly names: readonly string[]
  readonly protocol: string
  go(nginx: { readonly origin: string; readonly tlsOrigin: string }): Promise<readonly Steps[]>
}

const ways: readonly Way[] = [
  {
    what: 'Node, over HTTP/1.1',
    isAbleTo: hasNginx,
    names: ['node'],
    protocol: 'HTTP/1.1',
    go: async ({ origin }) => {
      const client = createClient(contract, { url: `${origin}/events` })
      onTestFinished(() => client.close())
      return [await goStepByStep(client, 'node', ticks + 1)]
    },
  },
  {
    what: 'Chromium, over HTTP/1.1',
    isAbleTo: hasNginx && hasChromium,
    names: ['fetch', 'source'],
    protocol: 'HTTP/1.1',
    go: ({ origin }) => goInChromium(origin),
  },
  {
    what: 'Chromium, over TLS and HTTP/2',
    isAbleTo: hasNginx && hasChromium,
    names: ['fetch', 'source'],
    protocol: 'HTTP/2.0',
    go: ({ tlsOrigin }) => goInChromium(tlsOrigin),
  },
]

async function goInChromium(origin: string): Promise<Steps[]> {
  const page = await (await newContext({ ignoreHTTPSErrors: true })).newPage()
  await page.goto(origin)
  return page.evaluate(
    (last) => (globalThis as unknown as { goTogether(last: number): Promise<Steps[]> }).goTogether(last),
    ticks + 1,
  )
}

for (const { what, isAbleTo, names, protocol, go } of ways) {
  it.skipIf(!isAbleTo)(
    `events arrive as they are sent behind an nginx that buffers, compresses and cuts silent responses: ${what}`,
    async ({ annotate }) => {
      const told = new Set<string>()
      const haveTold = (what: string) =>
        until(() => names.every((name) => told.has(`${name} ${what}`)), `all had told of ${what}`)
      const { tidings, port, requests } = await startServer(
        {
          send: ({ input }) => {
            told.add(input.text)
            return { text: input.text, sentAt: new Date() }
          },
          count: async function* ({ input }) {
            for (let n = 1; n <= input.to; n += 1) {
              yield { type: 'number', data: n }
              await haveTold(`number ${n}`)
            }
            return { total: input.to }
          },
        },
        { heartbeatMs: 2_000, before: await pageServer('step-by-step-page.ts') },
      )
      const nginx = await startNginx(port)
      const going = go(nginx)
      await until(() => tidings.stats().subscriptions === names.length, 'all had subscribed')

      const emittedAt: number[] = []
      const emit = async (n: number) => {
        emittedAt.push(performance.timeOrigin + performance.now())
        await tidings.emit.ticks().tick(n)
        await haveTold(`tick ${n}`)
      }
      for (let n = 1; n <= ticks; n += 1) await emit(n)
      await pause(pauseMs)
      await emit(ticks + 1)

      const steps = await going
      for (const { arrivals, numbers, total, states } of steps) {
        const delays = arrivals.map((at, index) => at - (emittedAt[index] ?? 0)).sort((a, b) => a - b)
        await annotate(`p50 ${delays[ticks / 2]?.toFixed(1)} ms, max ${delays.at(-1)?.toFixed(1)} ms`)
        expect(arrivals).toHaveLength(ticks + 1)
        expect([numbers, total]).toEqual([[1, 2, 3], 3])
        expect(states).toEqual(['connecting', 'open'])
      }
      expect(requests.filter(({ method, url }) => method === 'GET' && url === '/events')).toHaveLength(
        names.length,
      )
      const logged = (await nginx.requests()).filter(({ path }) => path.startsWith('/events'))
      expect(new Set(logged.map((request) => request.protocol))).toEqual(new Set([protocol]))
      const streams = logged.filter(({ path }) => path === '/events')
      expect(streams.map(({ encoding }) => encoding)).toEqual(streams.map(() => 'gzip'))
    },
  )
}
