import { channel, defineContract } from '@tidings/core'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import { hasChromium, launchChromium } from '@tidings/test-kit/chromium'
import { EventSource } from 'eventsource'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { createClient } from '../src/index.js'

const contract = defineContract({ texts: channel({ events: { message: z.string(), done: z.boolean() } }) })

/** Texts that break what writes or reads them carelessly. */
const texts: [string, string][] = [
  ['LF', 'one\ntwo\n\nfour'],
  ['CR', 'one\rtwo\r\rfour'],
  ['CRLF', 'one\r\ntwo\r\n\r\nfour'],
  ['line and paragraph separators, next line', 'one\u2028two\u2029three\u0085four'],
  ['NUL', 'one\0two\0'],
  ['other control characters', '\u0001\u0007\b\t\v\f\u001b\u007f'],
  ['a byte order mark', '\ufeffone\ufeff'],
  ['emoji, with joiners and flags', '👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭 \u{1F600}'],
  ['half a surrogate pair', 'one\ud800two\udc00'],
  ['what looks like fields', 'data: two\nevent: done\nid: 99\nretry: 1\n: comment\n\ndata: three\n\n'],
  ['spaces at both ends', '  one  '],
  ['nothing', ''],
  ['1 MiB', `${'0123456789abcdef'.repeat(65_535)}the very end\n\0\u2028`],
]

async function startServer() {
  const tidings = createServer(contract, {})
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const app = express()
  app.use('/events', expressHandler(tidings))
  app.get('/', (_request, response) => {
    response.type('html').send('<!doctype html><title>Payloads</title>')
  })
  const { origin } = await listen(app)
  const emitAll = async () => {
    for (const [, text] of texts) await tidings.emit.texts().message(text)
    await tidings.emit.texts().done(true)
  }
  return { tidings, emitAll, origin, url: `${origin}/events` }
}

/** Every text once, in order; a text that fails is shown by its name rather than by a megabyte of it. */
function expectAll(got: readonly string[]): void {
  expect(got.length).toBe(texts.length)
  for (const [at, [name, text]] of texts.entries()) {
    expect([name, got[at] === text ? 'unchanged' : got[at]?.slice(0, 80)]).toEqual([name, 'unchanged'])
  }
}

describe('each text that breaks careless readers arrives unchanged, as exactly one event', () => {
  it('through the eventsource package', async () => {
    const { url, emitAll, tidings } = await startServer()
    const source = new EventSource(`${url}/texts`)
    onTestFinished(() => source.close())
    const got: string[] = []
    let isDone = false
    source.addEventListener('message', (event) => got.push(JSON.parse(event.data)))
    source.addEventListener('done', () => {
      isDone = true
    })
    await until(() => tidings.stats().subscriptions === 1, 'it had subscribed')
    await emitAll()
    await until(() => isDone, 'everything had come')
    expectAll(got)
  })

  it('through the client', async () => {
    const { url, emitAll, tidings } = await startServer()
    const client = createClient(contract, { url })
    onTestFinished(() => client.close())
    const got: string[] = []
    let isDone = false
    client.texts().subscribe({
      message: (text) => got.push(text),
      done: () => {
        isDone = true
      },
    })
    await until(() => tidings.stats().subscriptions === 1, 'it had subscribed')
    await emitAll()
    await until(() => isDone, 'everything had come')
    expectAll(got)
  })

  it.skipIf(!hasChromium)('through the EventSource of Chromium', async () => {
    const { origin, emitAll, tidings } = await startServer()
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    await page.goto(origin)
    const got = page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const source = new globalThis.EventSource('/events/texts')
          const units: string[] = []
          // As escaped JSON: half a surrogate pair would not survive the way from the browser to the test.
          source.addEventListener('message', ({ data }) => units.push(JSON.stringify(JSON.parse(data))))
          source.addEventListener('done', () => {
            source.close()
            resolve(units)
          })
        }),
    )
    await until(() => tidings.stats().subscriptions === 1, 'the page had subscribed')
    await emitAll()
    expectAll((await got).map((unit) => JSON.parse(unit)))
    await until(() => tidings.stats().connections === 0, 'its leaving was noticed')
  })
})
