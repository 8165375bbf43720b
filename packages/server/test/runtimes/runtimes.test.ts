import { hasChromium, launchChromium } from '@tidings/test-kit/chromium'
import { expect, it, onTestFinished } from 'vitest'
import { loadBare } from './bare-runtime.js'
import { bundle } from './bundle.js'
import type { Outcome } from './scenario.js'

type Scenario = typeof import('./scenario.js')

const ticks = ['tick 1', 'tick 2', 'tick 3']
const sent = '200 {"text":"hi","sentAt":"1970-01-01T00:00:00.000Z"}'

/** What clients receive in every runtime. */
const expected: Outcome = {
  globalsOfNode: [],
  topic: {
    start: [expect.stringMatching(/^\$open /), '$snapshot {"messages":["before"]}'],
    live: ['typing "a"', 'typing "ä€😀"', 'typing "c"'],
    written: 1,
    resumed: [expect.stringMatching(/^\$open /), 'typing "c"', 'typing "d"', 'typing "e"'],
  },
  shared: { answer: expect.stringMatching(/^200 .*"accepted"/), ticks },
  command: { responses: [sent, sent, expect.stringMatching(/^409 /)], sends: 1 },
  stream: [expect.stringMatching(/^\$open /), 'number 1', 'number 2', 'number 3', '$output {"total":3}'],
  bus: { ticks, revoked: { connections: 1, nodes: 2 }, isEnded: true },
  close: { isEnded: true, after: expect.stringMatching(/^503 /) },
}

it.each([
  { globals: 'those of the web', without: [] },
  { globals: 'fewer', without: ['MessageChannel', 'WeakRef', 'FinalizationRegistry'] },
])('serves a contract where the only globals are $globals', async ({ without }) => {
  const scenario = await loadBare<Scenario>('scenario.ts', { without })
  expect(await scenario.run()).toEqual(expected)
})

it.runIf(hasChromium)('serves a contract in a browser', async () => {
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  // WebCrypto needs a secure context, such as localhost.
  await page.route('http://localhost/', (route) => route.fulfill({ body: '', contentType: 'text/html' }))
  await page.goto('http://localhost/')
  await page.addScriptTag({ content: await bundle('scenario.ts', 'scenario') })
  const outcome = await page.evaluate(() => (globalThis as unknown as { scenario: Scenario }).scenario.run())
  expect(outcome).toEqual(expected)
})
